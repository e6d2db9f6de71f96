/* Arrow's columns to their rows' scores. */
#include <stdlib.h>

#include "arrow.h"
#include "python.h"

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
    if (!work_begin(&work, &scorer->is, rows, stack, sizeof stack)) return 0;
    const Program *program = &scorer->is.program;
    int done = 1;
    for (int64_t row = 0; done && row < rows; row++) {
        for (int64_t at = 0; done && at < program->inputs; at++)
            done = read_column(program->input + at, &columns[at].is, row, &work.state);
        done = done && work_row(&work, &scorer->is, made);
    }
    if (done) work_end(&work, &scorer->is, made);
    work_free(&work, &scorer->is);
    return done;
}

/* program, columns as set_column has them, rows, made: whether all are done */
FUNCTION(score_columns) {
    WANT(4);
    const Scorer *scorer = scorer_of(arguments[0]);
    if (!scorer) return NULL;
    Views views = {0};
    int64_t room, rows = whole(arguments[2]), inputs = scorer->is.program.inputs;
    void *made = array_of(&views, arguments[3], scoring_value_size(&scorer->is), &room, PyBUF_WRITABLE);
    ColumnOfPython *columns = calloc((size_t)inputs + 1, sizeof *columns);
    int fits = columns && !views.failed && rows > 0 && room == rows * scoring_width(&scorer->is) && PyTuple_Size(arguments[1]) == inputs;
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
