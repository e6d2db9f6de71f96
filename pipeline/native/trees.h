/* XGBoost's trees, walked as its CPU predictor walks them: float32 features, float32 sums in the trees' order. */
#ifndef TREES_H
#define TREES_H

#include <stdint.h>

typedef enum { LINK_IDENTITY, LINK_SIGMOID, LINK_EXP, LINK_SOFTMAX, LINK_ARGMAX, LINK_STEP } Link;

/* Walks that go on side by side. */
enum { LANES = 8 };

/* `asks` is twice the feature's number, and one more where a missing value goes left. */
typedef struct {
    float threshold;
    uint32_t asks;
} Split;

/* Trees in banks of LANES, each as deep as the deepest of its bank: where a way was shorter, its leaf stands below
   whatever splits. A bank's splits stand level by level, and in a level tree by tree: below a level's split i stand 2 i
   and 2 i + 1 of the next, and after the last level the leaves. What fills up the last bank is walked and forgotten. */
typedef struct {
    const Split *split;
    const float *leaf;
    const int32_t *depth, *first_split, *first_leaf; /* of each bank */
} Complete;

/* Trees too deep for that: a node's right child stands after its left one. A leaf is its own right child, which a
   threshold of NaN makes every value take. */
typedef struct {
    const Split *split;
    const int32_t *left;
    const float *leaf; /* a node's value, where it is a leaf */
    const int32_t *root;
    const int64_t *category; /* -1, or where a node's set begins in `sets`; NULL where no split is on categories */
    const uint32_t *sets;    /* a set: how many words of 32 bits, then those */
} Linked;

/* One of `complete` and `linked` has a `split`. Memory is the caller's, and is to stay. */
typedef struct {
    int64_t trees, groups, features;
    const int32_t *depth; /* the splits on each tree's longest way */
    const int32_t *group; /* the output that each tree adds to */
    const float *base;    /* where each output's sum begins */
    Complete complete;
    Linked linked;
    Link link;
} Trees;

/* The values that a row's prediction has: the groups', or one for LINK_ARGMAX. */
int64_t trees_width(const Trees *trees, int margin);

/* Rows stand in groups of LANES: all of a group's values of the first feature, of the second, and so on. */
/* The first float of a row's values, which stand LANES apart. */
static inline int64_t lane_of(int64_t row, int64_t features) { return row / LANES * LANES * features + row % LANES; }

/* Rows that are worked on at once, whole groups: their features stay in the processor's cache. */
enum { BLOCK_ROWS = 64 };
int64_t block_rows(int64_t features);

/* The smallest double that rounds to an infinite float, which XGBoost refuses. */
#define TOO_LARGE (0x1p128 - 0x1p103)

/* A row's features as XGBoost takes them, into a group of rows; 0 where one is too large. */
int to_lane(const double *from, int64_t size, int zeros_are_missing, float *to);

/* Rows of float32 features, NaN for missing, to predictions of so many values a row; before the link where `margin`.
   Whole groups are read, rows beyond `count` may hold anything. `sums` has room for the whole groups' outputs. */
void trees_predict(const Trees *trees, const float *groups, int64_t count, int margin, float *sums, float *made);

/* The same of one row whose values stand side by side; without `missing` none of them may be NaN. */
void trees_predict_row(const Trees *trees, const float *row, int missing, int margin, float *sums, float *made);

#endif
