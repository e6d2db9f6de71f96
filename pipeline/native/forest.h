/* Spark's decision trees: float64 features, at most the threshold goes left, NaN right. */
#ifndef FOREST_H
#define FOREST_H

#include <stdint.h>

/* The right child stands after the left one; a leaf is its own right child, by a threshold of NaN. */
typedef struct {
    double threshold;
    int32_t feature;
    int32_t left;
} SplitNode;

typedef struct {
    int64_t nodes, trees;
    const SplitNode *node;
    const int32_t *leaf; /* the number of a leaf among all of the forest's */
    const int32_t *root;
    const int32_t *depth;
} SplitArrays;

typedef struct Forest Forest;

/* Copies what it is given; NULL where there is no memory. */
Forest *forest_new(const SplitArrays *given);
void forest_free(Forest *forest);
int64_t forest_trees(const Forest *forest);

/* The leaf that each of `count` rows, `width` values apart, comes to in each tree: of shape (trees, stride), from its
   start on. */
void forest_leaves(const Forest *forest, const double *rows, int64_t count, int64_t width, int64_t stride,
                   int64_t *leaves);

#endif
