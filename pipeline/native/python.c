#include "python.h"

#include <stdlib.h>
#include <string.h>

PyObject *refused(const char *problem) {
    PyErr_SetString(PyExc_ValueError, problem);
    return NULL;
}

PyObject *none(void) {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

void *array_of(Views *views, PyObject *given, Py_ssize_t size, int64_t *items, int flags) {
    if (items) *items = 0;
    if (views->failed || given == &_Py_NoneStruct) return NULL;
    Py_buffer *view = views->view + views->count;
    if (PyObject_GetBuffer(given, view, flags)) {
        views->failed = 1;
        return NULL;
    }
    views->count++;
    if (view->len % size) {
        refused("an array's length does not fit");
        views->failed = 1;
    }
    if (items) *items = view->len / size;
    return view->buf;
}

void release(Views *views) {
    while (views->count) PyBuffer_Release(views->view + --views->count);
}

int64_t whole(PyObject *given) { return PyLong_AsLongLong(given); }

void *copy_of(Views *views, PyObject *given, Py_ssize_t size, int64_t *items) {
    const void *from = array_of(views, given, size, items, PyBUF_SIMPLE);
    if (views->failed) return NULL;
    void *made = malloc((size_t)(*items * size) + 1);
    if (made) memcpy(made, from, (size_t)(*items * size));
    return made;
}
