#include "trees.h"

#include <math.h>
#include <string.h>

int64_t trees_width(const Trees *trees, int margin) {
    return trees->link == LINK_ARGMAX && !margin ? 1 : trees->groups;
}

enum { BLOCK_VALUES = 1 << 15 };

/* A stride that is known at its caller's saves a multiplication a step. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

int to_lane(const double *from, int64_t size, int zeros_are_missing, float *to) {
    double most = 0;
    for (int64_t at = 0; at < size; at++) {
        double value = from[at], extent = fabs(value);
        most = extent > most ? extent : most;
        to[at * LANES] = zeros_are_missing && value == 0 ? NAN : (float)value;
    }
    return most < TOO_LARGE;
}

int64_t block_rows(int64_t features) {
    int64_t rows = BLOCK_VALUES / (features ? features : 1) / LANES * LANES;
    return rows < LANES ? LANES : rows > BLOCK_ROWS ? BLOCK_ROWS : rows;
}

static inline int64_t goes_right(Split split, float value) { return !(value < split.threshold); }

static inline int64_t goes_right_or_missing(Split split, float value) {
    return isnan(value) ? !(split.asks & 1) : !(value < split.threshold);
}

/* Walks go on side by side: while one waits for memory the others do not; four at a time stay in registers. Each
   variant is compiled without the question whether a value may be missing. */
enum { SIDE = 4 };
#define FOR_EACH_LEVEL(DEPTH, SPLIT, VALUES, STRIDE, RIGHT, NEXT)                                 \
    for (int from = 0; from < LANES; from += SIDE) {                                              \
        int64_t on[SIDE];                                                                         \
        memcpy(on, at + from, sizeof on);                                                         \
        for (int32_t level = 0; level < (DEPTH); level++)                                         \
            for (int side = 0; side < SIDE; side++) {                                             \
                Split split = SPLIT;                                                              \
                int64_t right = RIGHT(split, (VALUES)[(int64_t)(split.asks >> 1) * (STRIDE)]);    \
                on[side] = NEXT;                                                                  \
            }                                                                                     \
        memcpy(at + from, on, sizeof on);                                                         \
    }
#define WALK(MISSING, ...)                                                                        \
    if (MISSING) {                                                                                \
        FOR_EACH_LEVEL(__VA_ARGS__, goes_right_or_missing, NEXT_AT)                               \
    } else {                                                                                      \
        FOR_EACH_LEVEL(__VA_ARGS__, goes_right, NEXT_AT)                                          \
    }

/* The split of a bank that a walk has come to, and where it goes on. */
#define SPLIT_AT splits[((int64_t)LANES << level) - LANES + on[side]]
#define NEXT_AT 2 * on[side] + right

/* LANES rows through one tree. */
static void add_complete_group(const Trees *is, int64_t tree, const float *group, int missing, float *sums) {
    const Complete *complete = &is->complete;
    int64_t bank = tree / LANES, at[LANES];
    const Split *splits = complete->split + complete->first_split[bank];
    for (int walk = 0; walk < LANES; walk++) at[walk] = tree % LANES;
    WALK(missing, complete->depth[bank], SPLIT_AT, group + from + side, LANES)
    const float *leaves = complete->leaf + complete->first_leaf[bank];
    float *sum = sums + is->group[tree];
    for (int walk = 0; walk < LANES; walk++) sum[walk * is->groups] += leaves[at[walk]];
}

/* One row through all trees, a bank at once. */
static ALWAYS_INLINE void add_complete_row(const Trees *is, const float *row, int stride, int missing, float *sums) {
    const Complete *complete = &is->complete;
    /* In a register, where all trees add to one sum. */
    float only = sums[0];
    for (int64_t bank = 0, tree = 0; tree < is->trees; bank++, tree += LANES) {
        const Split *splits = complete->split + complete->first_split[bank];
        int64_t at[LANES], walks = is->trees - tree < LANES ? is->trees - tree : LANES;
        for (int walk = 0; walk < LANES; walk++) at[walk] = walk;
        WALK(missing, complete->depth[bank], SPLIT_AT, row, stride)
        const float *leaves = complete->leaf + complete->first_leaf[bank];
        if (is->groups == 1) {
            for (int64_t walk = 0; walk < walks; walk++) only += leaves[at[walk]];
        } else {
            for (int64_t walk = 0; walk < walks; walk++) sums[is->group[tree + walk]] += leaves[at[walk]];
        }
    }
    if (is->groups == 1) sums[0] = only;
}
#undef SPLIT_AT
#undef NEXT_AT

/* A category in the set goes right, any other left, also one that XGBoost cannot know. */
static int64_t in_set(const uint32_t *set, float value) {
    if (value < 0 || value >= 16777216.0f) return 0;
    uint32_t category = (uint32_t)value;
    return category / 32 < set[0] && (set[1 + category / 32] >> category % 32 & 1);
}

static inline float linked_leaf(const Trees *is, int64_t tree, const float *row, int stride) {
    const Linked *linked = &is->linked;
    int64_t at = linked->root[tree];
    for (int32_t level = 0; level < is->depth[tree]; level++) {
        Split split = linked->split[at];
        float value = row[(int64_t)(split.asks >> 1) * stride];
        int64_t right = linked->category && linked->category[at] >= 0 && !isnan(value)
                            ? in_set(linked->sets + linked->category[at], value)
                            : goes_right_or_missing(split, value);
        at = linked->left[at] + right;
    }
    return linked->leaf[at];
}

#define NEXT_AT linked->left[on[side]] + right
static void add_linked_group(const Trees *is, int64_t tree, const float *group, int missing, float *sums) {
    const Linked *linked = &is->linked;
    int64_t at[LANES];
    for (int walk = 0; walk < LANES; walk++) at[walk] = linked->root[tree];
    WALK(missing, is->depth[tree], linked->split[on[side]], group + from + side, LANES)
    float *sum = sums + is->group[tree];
    for (int walk = 0; walk < LANES; walk++) sum[walk * is->groups] += linked->leaf[at[walk]];
}
#undef NEXT_AT

static ALWAYS_INLINE void add_row(const Trees *is, const float *row, int stride, int missing, float *sums) {
    if (is->complete.split) {
        add_complete_row(is, row, stride, missing, sums);
        return;
    }
    for (int64_t tree = 0; tree < is->trees; tree++) sums[is->group[tree]] += linked_leaf(is, tree, row, stride);
}

static void add_groups(const Trees *is, const float *groups, int64_t count, int missing, float *sums) {
    int64_t size = LANES * is->features;
    for (int64_t tree = 0; tree < is->trees; tree++)
        for (int64_t group = 0; group < count; group++) {
            float *to = sums + group * LANES * is->groups;
            if (is->complete.split) {
                add_complete_group(is, tree, groups + group * size, missing, to);
            } else {
                add_linked_group(is, tree, groups + group * size, missing, to);
            }
        }
}

static int any_missing(const float *values, int64_t count) {
    int found = 0;
    for (int64_t at = 0; at < count; at++) found |= values[at] != values[at];
    return found;
}

static void begin_sums(const Trees *is, int64_t rows, float *sums) {
    for (int64_t row = 0; row < rows; row++) memcpy(sums + row * is->groups, is->base, (size_t)is->groups * sizeof *sums);
}

/* XGBoost's own formulas, common/math.h. */
static float sigmoid(float margin) {
    float bounded = fminf(-margin, 88.7f);
    return 1.0f / (expf(bounded) + 1.0f + 1e-16f);
}

static void softmax(const float *margins, int64_t groups, float *made) {
    float most = margins[0];
    for (int64_t group = 1; group < groups; group++) most = fmaxf(margins[group], most);
    double sum = 0;
    for (int64_t group = 0; group < groups; group++) sum += made[group] = expf(margins[group] - most);
    for (int64_t group = 0; group < groups; group++) made[group] /= (float)sum;
}

static float argmax(const float *margins, int64_t groups) {
    int64_t best = 0;
    for (int64_t group = 1; group < groups; group++)
        if (margins[group] > margins[best]) best = group;
    return (float)best;
}

static void link(const Trees *trees, int64_t count, int margin, const float *sums, float *made) {
    int64_t groups = trees->groups, values = count * groups;
    switch (margin ? LINK_IDENTITY : trees->link) {
    case LINK_IDENTITY:
        memcpy(made, sums, (size_t)values * sizeof *made);
        break;
    case LINK_SIGMOID:
        for (int64_t at = 0; at < values; at++) made[at] = sigmoid(sums[at]);
        break;
    case LINK_EXP:
        for (int64_t at = 0; at < values; at++) made[at] = expf(sums[at]);
        break;
    case LINK_STEP:
        for (int64_t at = 0; at < values; at++) made[at] = sums[at] > 0 ? 1 : 0;
        break;
    case LINK_SOFTMAX:
        for (int64_t row = 0; row < count; row++) softmax(sums + row * groups, groups, made + row * groups);
        break;
    case LINK_ARGMAX:
        for (int64_t row = 0; row < count; row++) made[row] = argmax(sums + row * groups, groups);
        break;
    }
}

void trees_predict(const Trees *trees, const float *groups, int64_t count, int margin, float *sums, float *made) {
    int64_t whole = (count + LANES - 1) / LANES;
    begin_sums(trees, whole * LANES, sums);
    /* What stands beyond the last row may look like a missing value: that costs time, no more. */
    int missing = any_missing(groups, whole * LANES * trees->features);
    if (!trees->complete.split && trees->linked.category) {
        for (int64_t row = 0; row < count; row++)
            add_row(trees, groups + lane_of(row, trees->features), LANES, 1, sums + row * trees->groups);
    } else if (count == 1) {
        add_row(trees, groups, LANES, missing, sums);
    } else {
        add_groups(trees, groups, whole, missing, sums);
    }
    link(trees, count, margin, sums, made);
}

void trees_predict_row(const Trees *trees, const float *row, int missing, int margin, float *sums, float *made) {
    begin_sums(trees, 1, sums);
    add_row(trees, row, 1, missing, sums);
    link(trees, 1, margin, sums, made);
}
