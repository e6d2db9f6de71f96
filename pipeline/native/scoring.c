#include "scoring.h"

#include <stdlib.h>
#include <string.h>

int64_t scoring_width(const Scoring *scoring) {
    return scoring->trees ? trees_width(scoring->trees, 0) : scoring->program.result_size;
}

int64_t scoring_value_size(const Scoring *scoring) { return scoring->trees ? sizeof(float) : sizeof(double); }

int work_begin(Work *work, const Scoring *scoring, int64_t rows, double *stack, size_t stack_size) {
    const Program *program = &scoring->program;
    /* A wide row is walked by itself. */
    int64_t features = scoring->trees && !program->wide ? scoring->trees->features : 0;
    *work = (Work){.step = block_rows(features)};
    if (rows < work->step) work->step = (rows + LANES - 1) / LANES * LANES;
    size_t floats = scoring->trees ? (size_t)(work->step * (features + scoring->trees->groups)) : 0;
    size_t lists = (size_t)program->lists * sizeof(Tokens);
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
    if (program->wide && !features_new(&state->features, program->result_size, scoring->zeros_are_missing)) {
        free(work->owned);
        return 0;
    }
    return 1;
}

void work_again(Work *work) { work->rows = work->filled = 0; }

void work_free(Work *work, const Scoring *scoring) {
    for (int64_t at = 0; at < scoring->program.lists; at++) tokens_free(work->state.lists + at);
    features_free(&work->state.features);
    free(work->owned);
}

static void flush(Work *work, const Scoring *scoring, void *made) {
    float *to = (float *)made + (work->rows - work->filled) * scoring_width(scoring);
    trees_predict(scoring->trees, work->block, work->filled, 0, work->sums, to);
    work->filled = 0;
}

/* See work_row. */
static int take_wide_row(Work *work, const Scoring *scoring, void *made) {
    Features *features = &work->state.features;
    int done = program_run(&scoring->program, &work->state);
    if (done) {
        float *to = (float *)made + work->rows++ * scoring_width(scoring);
        trees_predict_row(scoring->trees, features->value, features->missing, 0, work->sums, to);
    }
    features_clear(features);
    return done;
}

int work_row(Work *work, const Scoring *scoring, void *made) {
    const Program *program = &scoring->program;
    if (program->wide) return take_wide_row(work, scoring, made);
    if (!program_run(program, &work->state)) return 0;
    const double *result = work->state.registers + program->result;
    if (!scoring->trees) {
        double *to = (double *)made + work->rows++ * program->result_size;
        for (int64_t at = 0; at < program->result_size; at++) {
            /* A null has no place in an array of numbers. */
            if (is_null(result[at])) return 0;
            to[at] = result[at];
        }
        return 1;
    }
    float *lane = work->block + lane_of(work->filled, program->result_size);
    if (!to_lane(result, program->result_size, scoring->zeros_are_missing, lane)) return 0;
    work->rows++;
    if (++work->filled == work->step) flush(work, scoring, made);
    return 1;
}

void work_end(Work *work, const Scoring *scoring, void *made) {
    if (work->filled) flush(work, scoring, made);
}

int64_t work_lines(Work *work, const Scoring *scoring, const char *at, const char *end, int64_t room, void *made) {
    int found;
    while ((found = program_read(&scoring->program, &at, end, &work->state)) == 1)
        if (work->rows == room || !work_row(work, scoring, made)) return -1;
    if (found) return -1;
    work_end(work, scoring, made);
    return work->rows;
}
