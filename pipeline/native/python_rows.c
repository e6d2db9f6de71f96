/* Rows of Python's values and of CSV to their scores. */
#include "python.h"

/* For one row under the interpreter's lock. */
static int begin_one(Scorer *scorer, Work *work, double *stack, size_t stack_size) {
    if (!scorer->has_spare) return work_begin(work, &scorer->is, 1, stack, stack_size);
    *work = scorer->spare;
    work_again(work);
    scorer->has_spare = 0;
    return 1;
}

static void end_one(Scorer *scorer, Work *work) {
    if (scorer->is.program.wide && !scorer->has_spare) {
        scorer->spare = *work;
        scorer->has_spare = 1;
    } else {
        work_free(work, &scorer->is);
    }
}

/* program, text, start, end, made: the number of rows, or None */
FUNCTION(score_csv) {
    WANT(5);
    const Scorer *scorer = scorer_of(arguments[0]);
    if (!scorer) return NULL;
    Views views = {0};
    int64_t length, room, start = whole(arguments[2]), end = whole(arguments[3]);
    const char *text = array_of(&views, arguments[1], 1, &length, PyBUF_SIMPLE);
    void *made = array_of(&views, arguments[4], scoring_value_size(&scorer->is), &room, PyBUF_WRITABLE);
    int64_t rows = -1, wide = scoring_width(&scorer->is);
    if (!views.failed && !PyErr_Occurred() && start >= 0 && start <= end && end <= length && wide) {
        PyThreadState *lock = end - start > WITHOUT_LOCK ? PyEval_SaveThread() : NULL;
        double stack[ON_STACK];
        Work work;
        if (work_begin(&work, &scorer->is, room / wide, stack, sizeof stack)) {
            rows = work_lines(&work, &scorer->is, text + start, text + end, room / wide, made);
            work_free(&work, &scorer->is);
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
    Scorer *scorer = scorer_of(arguments[0]);
    if (!scorer) return NULL;
    Views views = {0};
    int64_t length;
    const char *text = array_of(&views, arguments[1], 1, &length, PyBUF_SIMPLE);
    if (views.failed) return NULL;
    double stack[ON_STACK], number = 0;
    float score = 0;
    int plain = scoring_width(&scorer->is) == 1, done = 0;
    for (int64_t at = 0; plain && at < length; at++) plain = text[at] != '"' && (unsigned char)text[at] < 0x80;
    Work work;
    if (plain && begin_one(scorer, &work, stack, sizeof stack)) {
        done = work_lines(&work, &scorer->is, text, text + length, 1, scorer->is.trees ? (void *)&score : (void *)&number) == 1;
        end_one(scorer, &work);
    }
    release(&views);
    return done ? PyFloat_FromDouble(scorer->is.trees ? (double)score : number) : none();
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
    const Program *program = &scorer->is.program;
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
    const Scorer *scorer = scorer_of(arguments[0]);
    if (!scorer) return NULL;
    Views views = {0};
    int64_t room, rows = arguments[1]->type == &PyList_Type ? PyList_Size(arguments[1]) : -1;
    void *made = array_of(&views, arguments[2], scoring_value_size(&scorer->is), &room, PyBUF_WRITABLE);
    double stack[ON_STACK];
    Work work;
    int done = !views.failed && rows > 0 && room == rows * scoring_width(&scorer->is) && work_begin(&work, &scorer->is, rows, stack, sizeof stack);
    if (done) {
        for (int64_t row = 0; done && row < rows; row++)
            done = read_row(scorer, PyList_GetItem(arguments[1], row), &work) && work_row(&work, &scorer->is, made);
        if (done) work_end(&work, &scorer->is, made);
        work_free(&work, &scorer->is);
    }
    release(&views);
    if (PyErr_Occurred()) return NULL;
    return done ? PyLong_FromLongLong(rows) : none();
}

/* program, row: the single value that the row has in the end, or None */
FUNCTION(score_row) {
    WANT(2);
    Scorer *scorer = scorer_of(arguments[0]);
    if (!scorer) return NULL;
    double stack[ON_STACK], number = 0;
    float score = 0;
    Work work;
    if (scoring_width(&scorer->is) != 1 || !begin_one(scorer, &work, stack, sizeof stack)) return none();
    void *made = scorer->is.trees ? (void *)&score : (void *)&number;
    int done = read_row(scorer, arguments[1], &work) && work_row(&work, &scorer->is, made);
    if (done) work_end(&work, &scorer->is, made);
    end_one(scorer, &work);
    return done ? PyFloat_FromDouble(scorer->is.trees ? (double)score : number) : none();
}
