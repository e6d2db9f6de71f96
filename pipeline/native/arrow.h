/* Rows out of Arrow's columns. */
#ifndef ARROW_H
#define ARROW_H

#include <stdint.h>

#include "cells.h"

/* How a column's values stand in memory. */
typedef enum { ARROW_DOUBLE, ARROW_FLOAT, ARROW_INT8, ARROW_INT16, ARROW_INT32, ARROW_INT64, ARROW_BIT, ARROW_TEXT, ARROW_LARGE_TEXT } ArrowKind;

typedef struct {
    const uint8_t *valid; /* a bit a row, NULL where no value is null */
    const void *values, *ends; /* `ends` are a text's, in `values` */
    int64_t size, offset;      /* bytes of `values`; where the first row stands */
    ArrowKind kind;
} ArrowColumn;

/* The memory that so many rows take: bytes of validity, values and ends. */
typedef struct {
    int64_t valid, values, ends;
} ArrowBytes;
ArrowBytes arrow_bytes(ArrowKind kind, int64_t rows);

int arrow_is_null(const ArrowColumn *column, int64_t row);

/* A number or boolean as a double, and a text; 0 for what is out of bounds or holds no such value. */
int arrow_number(const ArrowColumn *column, int64_t row, CellKind kind, int bits, double *number);
int arrow_text(const ArrowColumn *column, int64_t row, Cell *text);

#endif
