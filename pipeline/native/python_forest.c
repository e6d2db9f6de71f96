/* Spark's trees, for Python. */
#include "python.h"

static const char FOREST[] = "forest";

static void drop_forest(PyObject *capsule) { forest_free(PyCapsule_GetPointer(capsule, FOREST)); }

Forest *forest_of(PyObject *capsule) { return PyCapsule_GetPointer(capsule, FOREST); }

/* nodes, leaves' numbers, roots, depths */
FUNCTION(new_forest) {
    WANT(4);
    Views views = {0};
    SplitArrays given = {0};
    int64_t leaves, depths;
    given.node = array_of(&views, arguments[0], sizeof(SplitNode), &given.nodes, PyBUF_SIMPLE);
    given.leaf = array_of(&views, arguments[1], sizeof(int32_t), &leaves, PyBUF_SIMPLE);
    given.root = array_of(&views, arguments[2], sizeof(int32_t), &given.trees, PyBUF_SIMPLE);
    given.depth = array_of(&views, arguments[3], sizeof(int32_t), &depths, PyBUF_SIMPLE);
    Forest *forest = views.failed ? NULL : forest_new(&given);
    release(&views);
    if (!forest) return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    return PyCapsule_New(forest, FOREST, drop_forest);
}

/* forest, matrix, rows, width, leaves of shape (trees, rows) */
FUNCTION(leaves) {
    WANT(5);
    const Forest *forest = forest_of(arguments[0]);
    if (!forest) return NULL;
    Views views = {0};
    int64_t values, room, rows = whole(arguments[2]), width = whole(arguments[3]);
    const double *matrix = array_of(&views, arguments[1], sizeof(double), &values, PyBUF_SIMPLE);
    int64_t *found = array_of(&views, arguments[4], sizeof(int64_t), &room, PyBUF_WRITABLE);
    int fits = !views.failed && !PyErr_Occurred() && values == rows * width && room == rows * forest_trees(forest);
    if (fits) {
        PyThreadState *lock = PyEval_SaveThread();
        for (int64_t start = 0; start < rows; start += BLOCK_ROWS) {
            int64_t here = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS;
            forest_leaves(forest, matrix + start * width, here, width, rows, found + start);
        }
        PyEval_RestoreThread(lock);
    }
    release(&views);
    if (!fits) return PyErr_Occurred() ? NULL : refused("the arrays do not fit the forest");
    return none();
}
