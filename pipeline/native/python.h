/* Python's arguments as memory, and what a function of the module is. */
#ifndef PYTHON_H
#define PYTHON_H

#include "forest.h"
#include "scoring.h"
#include "stable_abi.h"
#include "trees.h"

/* A function of the module; NULL is an exception, None says that Python has to do the work. */
#define FUNCTION(name) PyObject *name(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
#define WANT(number)                                                                              \
    (void)self;                                                                                   \
    if (count != (number)) return refused("a function was called with a wrong number of arguments")

/* More bytes or rows are worked on without the interpreter's lock. */
enum { WITHOUT_LOCK = 1 << 14 };

PyObject *refused(const char *problem);
PyObject *none(void);
int64_t whole(PyObject *given);

enum { MOST_VIEWS = 10 };
typedef struct {
    Py_buffer view[MOST_VIEWS];
    int count, failed;
} Views;

/* The memory of an array of items of so many bytes; NULL for None. Failures show in `failed`. */
void *array_of(Views *views, PyObject *given, Py_ssize_t size, int64_t *items, int flags);

/* A copy of that, which is the caller's to free; NULL where there is none. */
void *copy_of(Views *views, PyObject *given, Py_ssize_t size, int64_t *items);

void release(Views *views);

/* What a capsule holds; NULL and an exception where it is another's. */
const Trees *trees_of(PyObject *capsule);
Forest *forest_of(PyObject *capsule);

/* A program with what it keeps alive. `spare` is what a call for one row left behind, for the next one: such calls hold
   the interpreter's lock. */
typedef struct {
    Scoring is;
    PyObject *names, *trees_owner, **forest_owners;
    int has_spare;
    Work spare;
} Scorer;
Scorer *scorer_of(PyObject *capsule);

FUNCTION(new_trees);
FUNCTION(predict);
FUNCTION(predict_sparse);
FUNCTION(new_forest);
FUNCTION(leaves);
FUNCTION(new_program);
FUNCTION(score_csv);
FUNCTION(score_line);
FUNCTION(score_rows);
FUNCTION(score_row);
FUNCTION(score_columns);

#endif
