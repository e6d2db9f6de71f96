/* Rows to their values: a program, and the booster's trees where there are any. */
#ifndef SCORING_H
#define SCORING_H

#include <stddef.h>
#include <stdint.h>

#include "program.h"
#include "trees.h"

/* Without trees a row's value is the program's result. */
typedef struct {
    Program program;
    const Trees *trees;
    int zeros_are_missing;
} Scoring;

/* So many values a row has in the end, of float where there are trees, else of double. */
int64_t scoring_width(const Scoring *scoring);
int64_t scoring_value_size(const Scoring *scoring);

/* What one call needs. */
typedef struct {
    State state;
    float *block, *sums;
    int64_t step, filled, rows;
    void *owned; /* its memory where the caller's was not enough */
} Work;

/* Room that a caller may have on its stack, in doubles. */
enum { ON_STACK = 1024 };

/* Begins the work on so many rows; 0 where there is no memory. */
int work_begin(Work *work, const Scoring *scoring, int64_t rows, double *stack, size_t stack_size);

/* Makes the work of a row that ended ready for another one. */
void work_again(Work *work);
void work_free(Work *work, const Scoring *scoring);

/* Takes the row whose cells are read; 0 where it is refused. */
int work_row(Work *work, const Scoring *scoring, void *made);

/* Scores what is still waiting for its group to be whole. */
void work_end(Work *work, const Scoring *scoring, void *made);

/* All rows of CSV without quotes, as many as there is room for; -1 where Python must read it. */
int64_t work_lines(Work *work, const Scoring *scoring, const char *at, const char *end, int64_t room, void *made);

#endif
