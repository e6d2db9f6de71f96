/* The Python module: arguments to arrays and back. Functions return None where Python has to do the work. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrow.h"
#include "program.h"
#include "stable_abi.h"
#include "trees.h"

#define FUNCTION(name) static PyObject *name(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
#define WANT(number)                                                                              \
    (void)self;                                                                                   \
    if (count != (number)) return refused("a function was called with a wrong number of arguments")

static const char TREES[] = "trees", FOREST[] = "forest", PROGRAM[] = "program";

/* Rows that are worked on at once: their features stay in the processor's cache. */
enum { BLOCK_ROWS = 64, BLOCK_VALUES = 1 << 15, ON_STACK = 1024, WITHOUT_LOCK = 1 << 14 };

static PyObject *refused(const char *problem) {
    PyErr_SetString(PyExc_ValueError, problem);
    return NULL;
}

static PyObject *none(void) {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

/* What one call needs. */
typedef struct {
    State state;
    float *block, *sums;
    int64_t step, filled, rows;
    void *owned; /* its memory where the caller's was not enough */
} Work;

/* What a program is to Python: with trees its result is a prediction, else the registers themselves. `spare` is what a
   call for one row left behind, for the next one: such calls hold the interpreter's lock. */
typedef struct {
    Program is;
    PyObject *names, *trees_owner, **forest_owners;
    const Trees *trees;
    int zeros_are_missing, has_spare;
    Work spare;
} Scorer;

/* -- arguments ---------------------------------------------------------------------------------------------------- */

enum { MOST_VIEWS = 10 };
typedef struct {
    Py_buffer view[MOST_VIEWS];
    int count, failed;
} Views;

/* The memory of an array of items of so many bytes; NULL for None. Failures show in `failed`. */
static void *array_of(Views *views, PyObject *given, Py_ssize_t size, int64_t *items, int flags) {
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

static void release(Views *views) {
    while (views->count) PyBuffer_Release(views->view + --views->count);
}

static int64_t whole(PyObject *given) { return PyLong_AsLongLong(given); }

/* -- trees of XGBoost's ------------------------------------------------------------------------------------------- */

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

/* depths, groups, bases, (splits, leaves, first splits, first leaves) or None,
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
        is->complete.first_split = array_of(views, PyTuple_GetItem(complete, 2), sizeof(int32_t), NULL, PyBUF_SIMPLE);
        is->complete.first_leaf = array_of(views, PyTuple_GetItem(complete, 3), sizeof(int32_t), NULL, PyBUF_SIMPLE);
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

static const Trees *trees_of(PyObject *capsule) {
    TreesOfPython *trees = PyCapsule_GetPointer(capsule, TREES);
    return trees ? &trees->is : NULL;
}

/* A row's features as XGBoost takes them, into a group of rows; 0 for a value that float32 cannot hold. */
static int to_lane(const double *from, int64_t size, int zeros_are_missing, float *to) {
    double most = 0;
    for (int64_t at = 0; at < size; at++) {
        double value = from[at], extent = fabs(value);
        most = extent > most ? extent : most;
        to[at * LANES] = zeros_are_missing && value == 0 ? NAN : (float)value;
    }
    return most < TOO_LARGE;
}

/* Rows of a block: whole groups. */
static int64_t block_rows(int64_t features) {
    int64_t rows = BLOCK_VALUES / (features ? features : 1) / LANES * LANES;
    return rows < LANES ? LANES : rows > BLOCK_ROWS ? BLOCK_ROWS : rows;
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

/* -- trees of Spark's --------------------------------------------------------------------------------------------- */

static void drop_forest(PyObject *capsule) { forest_free(PyCapsule_GetPointer(capsule, FOREST)); }

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
    const Forest *forest = PyCapsule_GetPointer(arguments[0], FOREST);
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

/* -- programs ----------------------------------------------------------------------------------------------------- */

static void free_work(const Program *program, Work *work) {
    if (program->wide) {
        for (int64_t at = 0; at < program->lists; at++) tokens_free(work->state.lists + at);
        features_free(&work->state.features);
    }
    free(work->owned);
}

static void free_scorer(Scorer *scorer) {
    Program *program = &scorer->is;
    if (scorer->has_spare) free_work(program, &scorer->spare);
    for (int64_t at = 0; program->tables && at < program->tables_count; at++) free(program->tables[at].place);
    for (int64_t at = 0; program->words && at < program->words_count; at++) words_free(program->words[at]);
    for (int64_t at = 0; scorer->forest_owners && at < program->forests_count; at++)
        if (scorer->forest_owners[at]) Py_DecRef(scorer->forest_owners[at]);
    if (scorer->names) Py_DecRef(scorer->names);
    if (scorer->trees_owner) Py_DecRef(scorer->trees_owner);
    free(program->words);
    free(program->tables);
    free(program->forests);
    free(scorer->forest_owners);
    free((void *)program->input);
    free((void *)program->code);
    free((void *)program->constants);
    free(scorer);
}

static void drop_scorer(PyObject *capsule) { free_scorer(PyCapsule_GetPointer(capsule, PROGRAM)); }

static void *copy_of(Views *views, PyObject *given, Py_ssize_t size, int64_t *items) {
    const void *from = array_of(views, given, size, items, PyBUF_SIMPLE);
    if (views->failed) return NULL;
    void *made = malloc((size_t)(*items * size) + 1);
    if (made) memcpy(made, from, (size_t)(*items * size));
    return made;
}

/* `given` is a tuple of (text, ends). */
static int set_words(Program *program, PyObject *given) {
    program->words_count = PyTuple_Size(given);
    program->words = calloc((size_t)program->words_count + 1, sizeof *program->words);
    for (int64_t at = 0; program->words && at < program->words_count; at++) {
        PyObject *pair = PyTuple_GetItem(given, at);
        Views views = {0};
        int64_t length, words;
        const char *text = array_of(&views, PyTuple_GetItem(pair, 0), 1, &length, PyBUF_SIMPLE);
        const int64_t *ends = array_of(&views, PyTuple_GetItem(pair, 1), sizeof(int64_t), &words, PyBUF_SIMPLE);
        if (!views.failed) program->words[at] = words_new(text, ends, words);
        release(&views);
        if (!program->words[at]) return 0;
    }
    return program->words != NULL;
}

static int set_tables(Program *program, PyObject *given) {
    program->tables_count = PyTuple_Size(given);
    program->tables = calloc((size_t)program->tables_count + 1, sizeof *program->tables);
    for (int64_t at = 0; program->tables && at < program->tables_count; at++) {
        Views views = {0};
        Table *table = program->tables + at;
        table->place = copy_of(&views, PyTuple_GetItem(given, at), sizeof *table->place, &table->count);
        release(&views);
        if (!table->place) return 0;
    }
    return program->tables != NULL;
}

static int set_forests(Scorer *scorer, PyObject *given) {
    Program *program = &scorer->is;
    program->forests_count = PyTuple_Size(given);
    program->forests = calloc((size_t)program->forests_count + 1, sizeof *program->forests);
    scorer->forest_owners = calloc((size_t)program->forests_count + 1, sizeof *scorer->forest_owners);
    if (!program->forests || !scorer->forest_owners) return 0;
    for (int64_t at = 0; at < program->forests_count; at++) {
        PyObject *owner = PyTuple_GetItem(given, at);
        if (!(program->forests[at] = PyCapsule_GetPointer(owner, FOREST))) return 0;
        Py_IncRef(scorer->forest_owners[at] = owner);
    }
    return 1;
}

/* inputs, code, constants, words, tables, forests, (registers, texts, lists, result, its size, whether wide), names,
   trees or None, zeros are missing */
FUNCTION(new_program) {
    WANT(10);
    Scorer *scorer = calloc(1, sizeof *scorer);
    if (!scorer) return PyErr_NoMemory();
    Program *program = &scorer->is;
    Views views = {0};
    int64_t constants;
    program->input = copy_of(&views, arguments[0], sizeof(Input), &program->inputs);
    program->code = copy_of(&views, arguments[1], sizeof(int64_t), &program->code_size);
    program->constants = copy_of(&views, arguments[2], sizeof(double), &constants);
    release(&views);
    int made = program->input && program->code && program->constants && set_words(program, arguments[3]) &&
               set_tables(program, arguments[4]) && set_forests(scorer, arguments[5]);
    if (made) {
        PyObject *sizes = arguments[6];
        program->registers = whole(PyTuple_GetItem(sizes, 0));
        program->texts = whole(PyTuple_GetItem(sizes, 1));
        program->lists = whole(PyTuple_GetItem(sizes, 2));
        program->result = whole(PyTuple_GetItem(sizes, 3));
        program->result_size = whole(PyTuple_GetItem(sizes, 4));
        program->wide = (int)whole(PyTuple_GetItem(sizes, 5));
        Py_IncRef(scorer->names = arguments[7]);
        if (arguments[8] != &_Py_NoneStruct) {
            Py_IncRef(scorer->trees_owner = arguments[8]);
            made = (scorer->trees = trees_of(arguments[8])) != NULL;
            if (made && scorer->trees->features != program->result_size)
                refused("the trees take another number of features");
        }
        scorer->zeros_are_missing = (int)whole(arguments[9]);
        if (made && program->wide && !scorer->trees) refused("a wide program needs trees");
    }
    if (made && PyTuple_Size(arguments[7]) != program->inputs) refused("not every input has a name");
    if (!made || PyErr_Occurred()) {
        free_scorer(scorer);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    return PyCapsule_New(scorer, PROGRAM, drop_scorer);
}

/* So many values a row has in the end, of float where there are trees, else of double. */
static int64_t width_of(const Scorer *scorer) {
    return scorer->trees ? trees_width(scorer->trees, 0) : scorer->is.result_size;
}

static int begin(const Scorer *scorer, Work *work, int64_t rows, double *stack, size_t stack_size) {
    const Program *program = &scorer->is;
    /* A wide row is walked by itself. */
    int64_t features = scorer->trees && !program->wide ? scorer->trees->features : 0;
    *work = (Work){.step = block_rows(features)};
    if (rows < work->step) work->step = (rows + LANES - 1) / LANES * LANES;
    size_t floats = scorer->trees ? (size_t)(work->step * (features + scorer->trees->groups)) : 0;
    size_t lists = program->wide ? (size_t)program->lists * sizeof(Tokens) : 0;
    size_t size = (size_t)program->registers * sizeof(double) + (size_t)program->texts * sizeof(Cell) + lists +
                  floats * sizeof(float);
    /* What is wide may stay for the next call. */
    work->owned = size <= stack_size && !program->wide ? NULL : malloc(size);
    if ((size > stack_size || program->wide) && !work->owned) return 0;
    State *state = &work->state;
    state->registers = work->owned ? work->owned : stack;
    state->texts = (Cell *)(state->registers + program->registers);
    state->lists = (Tokens *)(state->texts + program->texts);
    work->block = (float *)((char *)state->lists + lists);
    work->sums = work->block + work->step * features;
    if (lists) memset(state->lists, 0, lists);
    if (floats) memset(work->block, 0, floats * sizeof *work->block);
    if (program->wide && !features_new(&state->features, program->result_size, scorer->zeros_are_missing)) {
        free(work->owned);
        return 0;
    }
    return 1;
}

/* For one row under the interpreter's lock. */
static int begin_one(Scorer *scorer, Work *work, double *stack, size_t stack_size) {
    if (!scorer->has_spare) return begin(scorer, work, 1, stack, stack_size);
    *work = scorer->spare;
    work->rows = work->filled = scorer->has_spare = 0;
    return 1;
}

static void end_one(Scorer *scorer, Work *work) {
    if (scorer->is.wide && !scorer->has_spare) {
        scorer->spare = *work;
        scorer->has_spare = 1;
    } else {
        free_work(&scorer->is, work);
    }
}

static void flush(const Scorer *scorer, Work *work, void *made) {
    float *to = (float *)made + (work->rows - work->filled) * width_of(scorer);
    trees_predict(scorer->trees, work->block, work->filled, 0, work->sums, to);
    work->filled = 0;
}

/* See take_row. */
static int take_wide_row(const Scorer *scorer, Work *work, void *made) {
    Features *features = &work->state.features;
    int done = program_run(&scorer->is, &work->state);
    if (done) {
        float *to = (float *)made + work->rows++ * width_of(scorer);
        trees_predict_row(scorer->trees, features->value, features->missing, 0, work->sums, to);
    }
    features_clear(features);
    return done;
}

/* Takes the row whose cells are read; 0 where it is refused. */
static int take_row(const Scorer *scorer, Work *work, void *made) {
    const Program *program = &scorer->is;
    if (program->wide) return take_wide_row(scorer, work, made);
    if (!program_run(program, &work->state)) return 0;
    const double *result = work->state.registers + program->result;
    if (!scorer->trees) {
        double *to = (double *)made + work->rows++ * program->result_size;
        for (int64_t at = 0; at < program->result_size; at++) {
            /* A null has no place in an array of numbers. */
            if (is_null(result[at])) return 0;
            to[at] = result[at];
        }
        return 1;
    }
    float *lane = work->block + lane_of(work->filled, program->result_size);
    if (!to_lane(result, program->result_size, scorer->zeros_are_missing, lane)) return 0;
    work->rows++;
    if (++work->filled == work->step) flush(scorer, work, made);
    return 1;
}

/* All rows of CSV without quotes, as many as there is room for; -1 where Python must read it. */
static int64_t score_lines(const Scorer *scorer, Work *work, const char *at, const char *end, int64_t room, void *made) {
    int found;
    while ((found = program_read(&scorer->is, &at, end, &work->state)) == 1)
        if (work->rows == room || !take_row(scorer, work, made)) return -1;
    if (found) return -1;
    if (work->filled) flush(scorer, work, made);
    return work->rows;
}

static int64_t value_size(const Scorer *scorer) { return scorer->trees ? sizeof(float) : sizeof(double); }

/* program, text, start, end, made: the number of rows, or None */
FUNCTION(score_csv) {
    WANT(5);
    const Scorer *scorer = PyCapsule_GetPointer(arguments[0], PROGRAM);
    if (!scorer) return NULL;
    Views views = {0};
    int64_t length, room, start = whole(arguments[2]), end = whole(arguments[3]);
    const char *text = array_of(&views, arguments[1], 1, &length, PyBUF_SIMPLE);
    void *made = array_of(&views, arguments[4], value_size(scorer), &room, PyBUF_WRITABLE);
    int64_t rows = -1, wide = width_of(scorer);
    if (!views.failed && !PyErr_Occurred() && start >= 0 && start <= end && end <= length && wide) {
        PyThreadState *lock = end - start > WITHOUT_LOCK ? PyEval_SaveThread() : NULL;
        double stack[ON_STACK];
        Work work;
        if (begin(scorer, &work, room / wide, stack, sizeof stack)) {
            rows = score_lines(scorer, &work, text + start, text + end, room / wide, made);
            free_work(&scorer->is, &work);
        }
        if (lock) PyEval_RestoreThread(lock);
    }
    release(&views);
    if (PyErr_Occurred()) return NULL;
    return rows < 0 ? none() : PyLong_FromLongLong(rows);
}

/* program, text: the single value of a single line, or None */
FUNCTION(score_line) {
    WANT(2);
    Scorer *scorer = PyCapsule_GetPointer(arguments[0], PROGRAM);
    if (!scorer) return NULL;
    Views views = {0};
    int64_t length;
    const char *text = array_of(&views, arguments[1], 1, &length, PyBUF_SIMPLE);
    if (views.failed) return NULL;
    double stack[ON_STACK], number = 0;
    float score = 0;
    int plain = width_of(scorer) == 1, done = 0;
    for (int64_t at = 0; plain && at < length; at++) plain = text[at] != '"' && (unsigned char)text[at] < 0x80;
    Work work;
    if (plain && begin_one(scorer, &work, stack, sizeof stack)) {
        done = score_lines(scorer, &work, text, text + length, 1, scorer->trees ? (void *)&score : (void *)&number) == 1;
        end_one(scorer, &work);
    }
    release(&views);
    return done ? PyFloat_FromDouble(scorer->trees ? (double)score : number) : none();
}

/* One value as its column takes it; 0 where Python must read it. */
static int read_value(const Input *input, PyObject *value, Work *work) {
    if (value == &_Py_NoneStruct) {
        if (!input->nullable) return 0;
        if (input->kind == CELL_TEXT) {
            work->state.texts[input->to].at = NULL;
        } else {
            work->state.registers[input->to] = null_number();
        }
        return 1;
    }
    if (input->kind == CELL_TEXT) {
        Py_ssize_t size;
        if (value->type != &PyUnicode_Type) return 0;
        const char *text = PyUnicode_AsUTF8AndSize(value, &size);
        if (!text) PyErr_Clear();
        work->state.texts[input->to] = (Cell){text, size};
        return text != NULL;
    }
    double *number = work->state.registers + input->to;
    if (value->type == &PyFloat_Type) {
        *number = PyFloat_AsDouble(value);
    } else if (value->type == &PyLong_Type && input->kind == CELL_INTEGER) {
        int64_t exact = whole(value);
        if (!PyErr_Occurred()) return fit_integer(exact, input->bits, number);
        PyErr_Clear();
        return 0;
    } else if (value->type == &PyLong_Type) {
        *number = PyLong_AsDouble(value);
        if (PyErr_Occurred()) {
            PyErr_Clear();
            return 0;
        }
    } else if (value->type == &PyBool_Type && input->kind == CELL_BOOLEAN) {
        *number = (double)whole(value);
    } else {
        return 0;
    }
    return fit_number(number, (CellKind)input->kind, input->bits);
}

/* A row as a list or tuple in the columns' order, or a dict by their names. */
static int read_row(const Scorer *scorer, PyObject *row, Work *work) {
    const Program *program = &scorer->is;
    int is_list = row->type == &PyList_Type, is_tuple = row->type == &PyTuple_Type, is_dict = row->type == &PyDict_Type;
    if (!is_list && !is_tuple && !is_dict) return 0;
    if ((is_list ? PyList_Size(row) : is_tuple ? PyTuple_Size(row) : PyDict_Size(row)) != program->inputs) return 0;
    for (int64_t at = 0; at < program->inputs; at++) {
        PyObject *value = is_list    ? PyList_GetItem(row, at)
                          : is_tuple ? PyTuple_GetItem(row, at)
                                     : PyDict_GetItemWithError(row, PyTuple_GetItem(scorer->names, at));
        if (!value) {
            PyErr_Clear();
            return 0;
        }
        if (!read_value(program->input + at, value, work)) return 0;
    }
    return 1;
}

/* program, list of rows, made: whether all are done */
FUNCTION(score_rows) {
    WANT(3);
    const Scorer *scorer = PyCapsule_GetPointer(arguments[0], PROGRAM);
    if (!scorer) return NULL;
    Views views = {0};
    int64_t room, rows = arguments[1]->type == &PyList_Type ? PyList_Size(arguments[1]) : -1;
    void *made = array_of(&views, arguments[2], value_size(scorer), &room, PyBUF_WRITABLE);
    double stack[ON_STACK];
    Work work;
    int done = !views.failed && rows > 0 && room == rows * width_of(scorer) && begin(scorer, &work, rows, stack, sizeof stack);
    if (done) {
        for (int64_t row = 0; done && row < rows; row++)
            done = read_row(scorer, PyList_GetItem(arguments[1], row), &work) && take_row(scorer, &work, made);
        if (done && work.filled) flush(scorer, &work, made);
        free_work(&scorer->is, &work);
    }
    release(&views);
    if (PyErr_Occurred()) return NULL;
    return done ? PyLong_FromLongLong(rows) : none();
}

/* program, row: the single value that the row has in the end, or None */
FUNCTION(score_row) {
    WANT(2);
    Scorer *scorer = PyCapsule_GetPointer(arguments[0], PROGRAM);
    if (!scorer) return NULL;
    double stack[ON_STACK], number = 0;
    float score = 0;
    Work work;
    if (width_of(scorer) != 1 || !begin_one(scorer, &work, stack, sizeof stack)) return none();
    void *made = scorer->trees ? (void *)&score : (void *)&number;
    int done = read_row(scorer, arguments[1], &work) && take_row(scorer, &work, made);
    if (done && work.filled) flush(scorer, &work, made);
    end_one(scorer, &work);
    return done ? PyFloat_FromDouble(scorer->trees ? (double)score : number) : none();
}

/* -- columns of Arrow's ------------------------------------------------------------------------------------------- */

/* One column with the buffers that it stands in. */
typedef struct {
    ArrowColumn is;
    Views views;
} ColumnOfPython;

/* `given` is (validity or None, values or None, ends or None, offset, kind). */
static int set_column(ColumnOfPython *column, PyObject *given, int64_t rows) {
    ArrowColumn *is = &column->is;
    int64_t valid, ends;
    is->valid = array_of(&column->views, PyTuple_GetItem(given, 0), 1, &valid, PyBUF_SIMPLE);
    is->values = array_of(&column->views, PyTuple_GetItem(given, 1), 1, &is->size, PyBUF_SIMPLE);
    is->ends = array_of(&column->views, PyTuple_GetItem(given, 2), 1, &ends, PyBUF_SIMPLE);
    is->offset = whole(PyTuple_GetItem(given, 3));
    is->kind = (ArrowKind)whole(PyTuple_GetItem(given, 4));
    if (column->views.failed || PyErr_Occurred() || is->kind < ARROW_DOUBLE || is->kind > ARROW_LARGE_TEXT) return 0;
    ArrowBytes due = arrow_bytes(is->kind, is->offset + rows);
    return is->offset >= 0 && (!is->valid || valid >= due.valid) && is->size >= due.values && ends >= due.ends;
}

static int read_column(const Input *input, const ArrowColumn *column, int64_t row, State *state) {
    int null = arrow_is_null(column, row);
    if (null && !input->nullable) return 0;
    if (input->kind == CELL_TEXT) {
        Cell *text = state->texts + input->to;
        text->at = NULL;
        return null || arrow_text(column, row, text);
    }
    double *number = state->registers + input->to;
    *number = null_number();
    return null || arrow_number(column, row, (CellKind)input->kind, input->bits, number);
}

static int score_arrow(const Scorer *scorer, const ColumnOfPython *columns, int64_t rows, void *made) {
    double stack[ON_STACK];
    Work work;
    if (!begin(scorer, &work, rows, stack, sizeof stack)) return 0;
    const Program *program = &scorer->is;
    int done = 1;
    for (int64_t row = 0; done && row < rows; row++) {
        for (int64_t at = 0; done && at < program->inputs; at++)
            done = read_column(program->input + at, &columns[at].is, row, &work.state);
        done = done && take_row(scorer, &work, made);
    }
    if (done && work.filled) flush(scorer, &work, made);
    free_work(program, &work);
    return done;
}

/* program, columns as set_column has them, rows, made: whether all are done */
FUNCTION(score_columns) {
    WANT(4);
    const Scorer *scorer = PyCapsule_GetPointer(arguments[0], PROGRAM);
    if (!scorer) return NULL;
    Views views = {0};
    int64_t room, rows = whole(arguments[2]), inputs = scorer->is.inputs;
    void *made = array_of(&views, arguments[3], value_size(scorer), &room, PyBUF_WRITABLE);
    ColumnOfPython *columns = calloc((size_t)inputs + 1, sizeof *columns);
    int fits = columns && !views.failed && rows > 0 && room == rows * width_of(scorer) && PyTuple_Size(arguments[1]) == inputs;
    for (int64_t at = 0; fits && at < inputs; at++) fits = set_column(columns + at, PyTuple_GetItem(arguments[1], at), rows);
    int done = 0;
    if (fits && !PyErr_Occurred()) {
        PyThreadState *lock = PyEval_SaveThread();
        done = score_arrow(scorer, columns, rows, made);
        PyEval_RestoreThread(lock);
    }
    for (int64_t at = 0; columns && at < inputs; at++) release(&columns[at].views);
    free(columns);
    release(&views);
    if (PyErr_Occurred()) return NULL;
    return done ? PyLong_FromLongLong(rows) : none();
}

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
