#include "forest.h"

#include <stdlib.h>
#include <string.h>

struct Forest {
    SplitArrays is;
};

enum { WALKS = 8 };

static void *copy(const void *from, size_t size) {
    void *made = malloc(size ? size : 1);
    if (made) memcpy(made, from, size);
    return made;
}

Forest *forest_new(const SplitArrays *given) {
    Forest *forest = calloc(1, sizeof *forest);
    if (!forest) return NULL;
    SplitArrays *is = &forest->is;
    *is = *given;
    is->node = copy(given->node, (size_t)is->nodes * sizeof *is->node);
    is->leaf = copy(given->leaf, (size_t)is->nodes * sizeof *is->leaf);
    is->root = copy(given->root, (size_t)is->trees * sizeof *is->root);
    is->depth = copy(given->depth, (size_t)is->trees * sizeof *is->depth);
    if (is->node && is->leaf && is->root && is->depth) return forest;
    forest_free(forest);
    return NULL;
}

void forest_free(Forest *forest) {
    if (!forest) return;
    free((void *)forest->is.node);
    free((void *)forest->is.leaf);
    free((void *)forest->is.root);
    free((void *)forest->is.depth);
    free(forest);
}

int64_t forest_trees(const Forest *forest) { return forest->is.trees; }

static inline int32_t next(const SplitArrays *is, int32_t at, const double *row) {
    SplitNode node = is->node[at];
    return node.left + !(row[node.feature] <= node.threshold);
}

/* One row through WALKS trees at once. */
static void leaves_of_row(const SplitArrays *is, const double *row, int64_t stride, int64_t *leaves) {
    int64_t tree = 0;
    for (; tree + WALKS <= is->trees; tree += WALKS) {
        int32_t at[WALKS], depth = 0;
        for (int walk = 0; walk < WALKS; walk++) {
            at[walk] = is->root[tree + walk];
            if (is->depth[tree + walk] > depth) depth = is->depth[tree + walk];
        }
        for (; depth > 0; depth--)
            for (int walk = 0; walk < WALKS; walk++) at[walk] = next(is, at[walk], row);
        for (int walk = 0; walk < WALKS; walk++) leaves[(tree + walk) * stride] = is->leaf[at[walk]];
    }
    for (; tree < is->trees; tree++) {
        int32_t at = is->root[tree];
        for (int32_t level = is->depth[tree]; level > 0; level--) at = next(is, at, row);
        leaves[tree * stride] = is->leaf[at];
    }
}

void forest_leaves(const Forest *forest, const double *rows, int64_t count, int64_t width, int64_t stride,
                   int64_t *leaves) {
    const SplitArrays *is = &forest->is;
    int64_t whole = count - count % WALKS;
    for (int64_t tree = 0; whole && tree < is->trees; tree++)
        for (int64_t row = 0; row < whole; row += WALKS) {
            int32_t at[WALKS];
            for (int walk = 0; walk < WALKS; walk++) at[walk] = is->root[tree];
            for (int32_t level = is->depth[tree]; level > 0; level--)
                for (int walk = 0; walk < WALKS; walk++) at[walk] = next(is, at[walk], rows + (row + walk) * width);
            for (int walk = 0; walk < WALKS; walk++) leaves[tree * stride + row + walk] = is->leaf[at[walk]];
        }
    for (int64_t row = whole; row < count; row++) leaves_of_row(is, rows + row * width, stride, leaves + row);
}
