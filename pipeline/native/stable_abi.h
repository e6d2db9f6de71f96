/* The part of CPython's stable ABI (3.11 and later) that is used here: Python's own headers are not on every machine.
   Source: the C API's documentation, "Stable Application Binary Interface". */
#ifndef STABLE_ABI_H
#define STABLE_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef ptrdiff_t Py_ssize_t;
typedef struct PyTypeObject PyTypeObject;
typedef struct PyObject {
    Py_ssize_t references;
    PyTypeObject *type;
} PyObject;
typedef struct PyThreadState PyThreadState;

typedef PyObject *(*PyFastCall)(PyObject *self, PyObject *const *arguments, Py_ssize_t count);
typedef struct {
    const char *name;
    PyFastCall call;
    int flags;
    const char *doc;
} PyMethodDef;
enum { METH_FASTCALL = 0x0080 };

typedef struct {
    PyObject base;
    PyObject *(*init)(void);
    Py_ssize_t index;
    PyObject *copy;
    const char *name;
    const char *doc;
    Py_ssize_t size;
    PyMethodDef *methods;
    void *slots, *traverse, *clear, *free;
} PyModuleDef;
enum { PYTHON_ABI_VERSION = 3 };

typedef struct {
    void *buf;
    PyObject *obj;
    Py_ssize_t len, itemsize;
    int readonly, ndim;
    char *format;
    Py_ssize_t *shape, *strides, *suboffsets;
    void *internal;
} Py_buffer;
enum { PyBUF_SIMPLE = 0, PyBUF_WRITABLE = 1 };

extern PyTypeObject PyFloat_Type, PyLong_Type, PyUnicode_Type, PyList_Type, PyTuple_Type, PyDict_Type, PyBool_Type;
extern PyObject _Py_NoneStruct;
extern PyObject *PyExc_ValueError;

PyObject *PyModule_Create2(PyModuleDef *, int);
PyObject *PyErr_NoMemory(void);
void PyErr_SetString(PyObject *, const char *);
void PyErr_Clear(void);
PyObject *PyErr_Occurred(void);
void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);
PyObject *PyCapsule_New(void *, const char *, void (*)(PyObject *));
void *PyCapsule_GetPointer(PyObject *, const char *);
int PyObject_GetBuffer(PyObject *, Py_buffer *, int);
void PyBuffer_Release(Py_buffer *);
Py_ssize_t PyList_Size(PyObject *);
PyObject *PyList_GetItem(PyObject *, Py_ssize_t);
Py_ssize_t PyTuple_Size(PyObject *);
PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
Py_ssize_t PyDict_Size(PyObject *);
PyObject *PyDict_GetItemWithError(PyObject *, PyObject *);
double PyFloat_AsDouble(PyObject *);
PyObject *PyFloat_FromDouble(double);
double PyLong_AsDouble(PyObject *);
long long PyLong_AsLongLong(PyObject *);
PyObject *PyLong_FromLongLong(long long);
const char *PyUnicode_AsUTF8AndSize(PyObject *, Py_ssize_t *);
PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *);

#endif
