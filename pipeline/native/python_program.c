/* Programs, for Python. */
#include <stdlib.h>

#include "python.h"

static const char PROGRAM[] = "program";

static void free_scorer(Scorer *scorer) {
    Program *program = &scorer->is.program;
    if (scorer->has_spare) work_free(&scorer->spare, &scorer->is);
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

Scorer *scorer_of(PyObject *capsule) { return PyCapsule_GetPointer(capsule, PROGRAM); }

static void drop_scorer(PyObject *capsule) { free_scorer(PyCapsule_GetPointer(capsule, PROGRAM)); }

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
    Program *program = &scorer->is.program;
    program->forests_count = PyTuple_Size(given);
    program->forests = calloc((size_t)program->forests_count + 1, sizeof *program->forests);
    scorer->forest_owners = calloc((size_t)program->forests_count + 1, sizeof *scorer->forest_owners);
    if (!program->forests || !scorer->forest_owners) return 0;
    for (int64_t at = 0; at < program->forests_count; at++) {
        PyObject *owner = PyTuple_GetItem(given, at);
        if (!(program->forests[at] = forest_of(owner))) return 0;
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
    Program *program = &scorer->is.program;
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
            made = (scorer->is.trees = trees_of(arguments[8])) != NULL;
            if (made && scorer->is.trees->features != program->result_size)
                refused("the trees take another number of features");
        }
        scorer->is.zeros_are_missing = (int)whole(arguments[9]);
        if (made && program->wide && !scorer->is.trees) refused("a wide program needs trees");
    }
    if (made && PyTuple_Size(arguments[7]) != program->inputs) refused("not every input has a name");
    if (!made || PyErr_Occurred()) {
        free_scorer(scorer);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    return PyCapsule_New(scorer, PROGRAM, drop_scorer);
}
