/* A bundle's operators for one row at a time: instructions on numbers in registers.

   What an instruction refuses, it refuses without saying why: Python's operators then say it. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdint.h>

#include "cells.h"
#include "features.h"
#include "forest.h"
#include "tokens.h"
#include "words.h"

/* Each has its operands after it, registers and places among the constants. */
typedef enum {
    OP_WORD,      /* text, words, unseen, to: the number of a word; without `unseen` (-1) an unknown one is refused */
    OP_NUMBER,    /* policy, from, to: a number into a vector, see Policy */
    OP_VECTOR,    /* from, count, to: a vector into a vector */
    OP_ONE_HOT,   /* keeps, size, width, from, to */
    OP_IMPUTE,    /* constants, from, to: surrogate, missing value */
    OP_BUCKET,    /* keeps, count, constants, from, to: splits */
    OP_BINARIZE,  /* count, constants, from, to: threshold */
    OP_SUBTRACT,  /* count, constants, from, to */
    OP_MULTIPLY,  /* count, constants, from, to */
    OP_RANGE,     /* count, constants, from, to: least, factor and constant's value a feature, then the lower bound */
    OP_PICK,      /* from, to: one value of a vector, as it is */
    OP_DOT,       /* count, constants, from, to: coefficients, intercept */
    OP_TREES,     /* forest, constants, from, to: what the sum is divided by, the leaves' values */
    OP_TOKENS,    /* table, least, lower, text, to: see tokens_split */
    OP_STOP,      /* words, lower, from, to: see tokens_without */
    OP_NGRAM,     /* n, from, to: each n neighbours with a space between */
    OP_TERMS,     /* words, size, legacy, binary, table, first, factors, from: see count_terms */
    OP_PUT        /* count, from, table, first: of a vector what the table lists, into the features from `first` on */
} Opcode;

/* What a number is that is null or NaN: refused, or NaN. */
typedef enum { POLICY_REFUSE, POLICY_KEEP } Policy;

typedef struct {
    int32_t kind, bits, nullable, to; /* a CellKind; a register, for CELL_TEXT a text */
} Input;

/* Places among features or registers. */
typedef struct {
    int32_t *place;
    int64_t count;
} Table;

typedef struct {
    int64_t inputs, registers, texts, lists, code_size, words_count, forests_count, tables_count;
    const Input *input;
    const int64_t *code;
    const double *constants;
    Words **words;
    Forest **forests;
    Table *tables;
    int64_t result, result_size; /* the registers that a row is to have in the end */
    int wide;                    /* or so many features, where this is set */
} Program;

/* What a row has while it is scored. */
typedef struct {
    double *registers;
    Cell *texts;
    Tokens *lists;
    Features features; /* of a wide program */
} State;

/* Runs one row; 0 where it is refused. */
int program_run(const Program *program, State *state);

/* The next row of CSV without quotes, from *at on, into registers and texts; skips empty lines. 1 for a row, 0 at the
   end, -1 where the row must be read otherwise. */
int program_read(const Program *program, const char **at, const char *end, State *state);

#endif
