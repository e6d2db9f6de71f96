/* What the text of one cell says: the common forms of the contract's grammar, all else is left to Python. */
#ifndef CELLS_H
#define CELLS_H

#include <stdint.h>

typedef enum { CELL_DOUBLE, CELL_FLOAT, CELL_INTEGER, CELL_BOOLEAN, CELL_TEXT } CellKind;

/* A text cell; without an address it is null. */
typedef struct {
    const char *at;
    int64_t size;
} Cell;

/* A null where a number is due: a NaN that no arithmetic makes. */
double null_number(void);
int is_null(double value);

/* The number that [at, end) says, as the double that a column of that kind holds; 0 where it is none of the forms
   read here or does not fit. An integer has at most so many bits, sign included. */
int read_number(const char *at, const char *end, CellKind kind, int bits, double *number);

/* A number as a column of that kind takes it; 0 where it does not fit. */
int fit_number(double *number, CellKind kind, int bits);
int fit_integer(int64_t whole, int bits, double *number);

#endif
