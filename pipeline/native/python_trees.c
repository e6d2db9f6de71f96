/* XGBoost's trees, for Python. */
#include <math.h>
#include <stdlib.h>

#include "python.h"

static const char TREES[] = "trees";

/* Trees with the buffers that they stand in. */
typedef struct {
    Trees is;
    Views views;
} TreesOfPython;

static void drop_trees(PyObject *capsule) {
    TreesOfPython *trees = PyCapsule_GetPointer(capsule, TREES);
    release(&trees->views);
    free(trees);
}

/* depths, groups, bases, (splits, leaves, the banks' depths, first splits, first leaves) or None,
   (splits, left children, leaves, roots, categories or None, sets or None) or None, features, link */
FUNCTION(new_trees) {
    WANT(7);
    TreesOfPython *trees = calloc(1, sizeof *trees);
    if (!trees) return PyErr_NoMemory();
    Trees *is = &trees->is;
    Views *views = &trees->views;
    PyObject *complete = arguments[3], *linked = arguments[4];
    is->depth = array_of(views, arguments[0], sizeof(int32_t), &is->trees, PyBUF_SIMPLE);
    is->group = array_of(views, arguments[1], sizeof(int32_t), NULL, PyBUF_SIMPLE);
    is->base = array_of(views, arguments[2], sizeof(float), &is->groups, PyBUF_SIMPLE);
    if (complete != &_Py_NoneStruct) {
        is->complete.split = array_of(views, PyTuple_GetItem(complete, 0), sizeof(Split), NULL, PyBUF_SIMPLE);
        is->complete.leaf = array_of(views, PyTuple_GetItem(complete, 1), sizeof(float), NULL, PyBUF_SIMPLE);
        is->complete.depth = array_of(views, PyTuple_GetItem(complete, 2), sizeof(int32_t), NULL, PyBUF_SIMPLE);
        is->complete.first_split = array_of(views, PyTuple_GetItem(complete, 3), sizeof(int32_t), NULL, PyBUF_SIMPLE);
        is->complete.first_leaf = array_of(views, PyTuple_GetItem(complete, 4), sizeof(int32_t), NULL, PyBUF_SIMPLE);
    } else {
        is->linked.split = array_of(views, PyTuple_GetItem(linked, 0), sizeof(Split), NULL, PyBUF_SIMPLE);
        is->linked.left = array_of(views, PyTuple_GetItem(linked, 1), sizeof(int32_t), NULL, PyBUF_SIMPLE);
        is->linked.leaf = array_of(views, PyTuple_GetItem(linked, 2), sizeof(float), NULL, PyBUF_SIMPLE);
        is->linked.root = array_of(views, PyTuple_GetItem(linked, 3), sizeof(int32_t), NULL, PyBUF_SIMPLE);
        is->linked.category = array_of(views, PyTuple_GetItem(linked, 4), sizeof(int64_t), NULL, PyBUF_SIMPLE);
        is->linked.sets = array_of(views, PyTuple_GetItem(linked, 5), sizeof(uint32_t), NULL, PyBUF_SIMPLE);
    }
    is->features = whole(arguments[5]);
    is->link = (Link)whole(arguments[6]);
    if (views->failed || PyErr_Occurred()) {
        release(views);
        free(trees);
        return NULL;
    }
    return PyCapsule_New(trees, TREES, drop_trees);
}

const Trees *trees_of(PyObject *capsule) {
    TreesOfPython *trees = PyCapsule_GetPointer(capsule, TREES);
    return trees ? &trees->is : NULL;
}

/* Predictions of a dense matrix; 0 where there is no memory. */
static int predict_dense(const Trees *trees, const double *rows, int64_t count, int64_t width, int margin,
                         int zeros_are_missing, float *made) {
    int64_t features = trees->features, shared = width < features ? width : features;
    int64_t step = block_rows(features), wide = trees_width(trees, margin);
    float *block = calloc((size_t)(step * (features + trees->groups)), sizeof *block);
    if (!block) return 0;
    float *sums = block + step * features;
    for (int64_t start = 0; start < count; start += step) {
        int64_t here = count - start < step ? count - start : step;
        for (int64_t row = 0; row < here; row++) {
            float *lane = block + lane_of(row, features);
            to_lane(rows + (start + row) * width, shared, zeros_are_missing, lane);
            for (int64_t at = shared; at < features; at++) lane[at * LANES] = NAN;
        }
        trees_predict(trees, block, here, margin, sums, made + start * wide);
    }
    free(block);
    return 1;
}

/* trees, matrix, rows, width, margin, zeros are missing, predictions */
FUNCTION(predict) {
    WANT(7);
    const Trees *trees = trees_of(arguments[0]);
    if (!trees) return NULL;
    Views views = {0};
    int64_t values, room, rows = whole(arguments[2]), width = whole(arguments[3]);
    int margin = (int)whole(arguments[4]), zeros_are_missing = (int)whole(arguments[5]);
    const double *matrix = array_of(&views, arguments[1], sizeof(double), &values, PyBUF_SIMPLE);
    float *made = array_of(&views, arguments[6], sizeof(float), &room, PyBUF_WRITABLE);
    int fits = !views.failed && !PyErr_Occurred() && values == rows * width && room == rows * trees_width(trees, margin);
    int done = 0;
    if (fits) {
        PyThreadState *lock = PyEval_SaveThread();
        done = predict_dense(trees, matrix, rows, width, margin, zeros_are_missing, made);
        PyEval_RestoreThread(lock);
    }
    release(&views);
    if (!fits) return PyErr_Occurred() ? NULL : refused("the arrays do not fit the trees");
    return done ? none() : PyErr_NoMemory();
}

/* One row after the other in a row of all features, which is cleaned again by what was written. */
static int predict_rows(const Trees *trees, const int64_t *ends, const int32_t *indices, const double *values,
                        int64_t count, int margin, int zeros_are_missing, float *made) {
    int64_t features = trees->features, wide = trees_width(trees, margin);
    float *row = malloc((size_t)(features + trees->groups) * sizeof *row), empty = zeros_are_missing ? NAN : 0;
    if (!row) return 0;
    for (int64_t at = 0; at < features; at++) row[at] = empty;
    for (int64_t at = 0; at < count; at++) {
        for (int64_t entry = ends[at]; entry < ends[at + 1]; entry++)
            if (indices[entry] < features)
                row[indices[entry]] = zeros_are_missing && values[entry] == 0 ? NAN : (float)values[entry];
        trees_predict_row(trees, row, 1, margin, row + features, made + at * wide);
        for (int64_t entry = ends[at]; entry < ends[at + 1]; entry++)
            if (indices[entry] < features) row[indices[entry]] = empty;
    }
    free(row);
    return 1;
}

/* trees, row ends with a 0 before them, indices, values, margin, zeros are missing, predictions */
FUNCTION(predict_sparse) {
    WANT(7);
    const Trees *trees = trees_of(arguments[0]);
    if (!trees) return NULL;
    Views views = {0};
    int64_t rows, places, values_count, room;
    const int64_t *ends = array_of(&views, arguments[1], sizeof(int64_t), &rows, PyBUF_SIMPLE);
    const int32_t *indices = array_of(&views, arguments[2], sizeof(int32_t), &places, PyBUF_SIMPLE);
    const double *values = array_of(&views, arguments[3], sizeof(double), &values_count, PyBUF_SIMPLE);
    int margin = (int)whole(arguments[4]), zeros_are_missing = (int)whole(arguments[5]);
    float *made = array_of(&views, arguments[6], sizeof(float), &room, PyBUF_WRITABLE);
    int fits = !views.failed && !PyErr_Occurred() && rows > 0 && places == values_count && ends[0] >= 0 &&
               room == (rows - 1) * trees_width(trees, margin);
    for (int64_t row = 1; fits && row < rows; row++) fits = ends[row] >= ends[row - 1] && ends[row] <= places;
    for (int64_t at = 0; fits && at < places; at++) fits = indices[at] >= 0;
    int done = 0;
    if (fits) {
        PyThreadState *lock = PyEval_SaveThread();
        done = predict_rows(trees, ends, indices, values, rows - 1, margin, zeros_are_missing, made);
        PyEval_RestoreThread(lock);
    }
    release(&views);
    if (!fits) return PyErr_Occurred() ? NULL : refused("the arrays do not fit the trees");
    return done ? none() : PyErr_NoMemory();
}
