/* The Python module. */
#include "python.h"

static PyMethodDef METHODS[] = {
    {"new_trees", new_trees, METH_FASTCALL, NULL},
    {"predict", predict, METH_FASTCALL, NULL},
    {"predict_sparse", predict_sparse, METH_FASTCALL, NULL},
    {"new_forest", new_forest, METH_FASTCALL, NULL},
    {"leaves", leaves, METH_FASTCALL, NULL},
    {"new_program", new_program, METH_FASTCALL, NULL},
    {"score_csv", score_csv, METH_FASTCALL, NULL},
    {"score_line", score_line, METH_FASTCALL, NULL},
    {"score_rows", score_rows, METH_FASTCALL, NULL},
    {"score_row", score_row, METH_FASTCALL, NULL},
    {"score_columns", score_columns, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef MODULE = {.base = {.references = 1}, .name = "_kernels", .size = -1, .methods = METHODS};

__attribute__((visibility("default"))) PyObject *PyInit__kernels(void) {
    return PyModule_Create2(&MODULE, PYTHON_ABI_VERSION);
}
