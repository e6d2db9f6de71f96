#include "arrow.h"

#include <math.h>

static const int64_t WIDTHS[] = {[ARROW_DOUBLE] = 8, [ARROW_FLOAT] = 4, [ARROW_INT8] = 1,
                                 [ARROW_INT16] = 2,  [ARROW_INT32] = 4, [ARROW_INT64] = 8};

ArrowBytes arrow_bytes(ArrowKind kind, int64_t rows) {
    int64_t bits = (rows + 7) / 8;
    ArrowBytes bytes = {.valid = bits};
    if (kind == ARROW_TEXT || kind == ARROW_LARGE_TEXT) {
        bytes.ends = (rows + 1) * (kind == ARROW_TEXT ? 4 : 8);
    } else {
        bytes.values = kind == ARROW_BIT ? bits : rows * WIDTHS[kind];
    }
    return bytes;
}

static int bit(const uint8_t *bits, int64_t at) { return bits[at >> 3] >> (at & 7) & 1; }

int arrow_is_null(const ArrowColumn *column, int64_t row) {
    return column->valid && !bit(column->valid, column->offset + row);
}

int arrow_number(const ArrowColumn *column, int64_t row, CellKind kind, int bits, double *number) {
    int64_t at = column->offset + row, whole;
    switch (column->kind) {
    case ARROW_DOUBLE:
    case ARROW_FLOAT: {
        double value = column->kind == ARROW_DOUBLE ? ((const double *)column->values)[at]
                                                    : (double)((const float *)column->values)[at];
        /* One NaN for all: a null is another. */
        *number = isnan(value) ? NAN : value;
        return fit_number(number, kind, bits);
    }
    case ARROW_BIT:
        *number = bit(column->values, at);
        return kind == CELL_BOOLEAN;
    case ARROW_INT8:
        whole = ((const int8_t *)column->values)[at];
        break;
    case ARROW_INT16:
        whole = ((const int16_t *)column->values)[at];
        break;
    case ARROW_INT32:
        whole = ((const int32_t *)column->values)[at];
        break;
    case ARROW_INT64:
        whole = ((const int64_t *)column->values)[at];
        break;
    default:
        return 0;
    }
    return kind == CELL_INTEGER && fit_integer(whole, bits, number);
}

int arrow_text(const ArrowColumn *column, int64_t row, Cell *text) {
    int64_t at = column->offset + row, start, end;
    if (column->kind == ARROW_TEXT) {
        start = ((const int32_t *)column->ends)[at];
        end = ((const int32_t *)column->ends)[at + 1];
    } else if (column->kind == ARROW_LARGE_TEXT) {
        start = ((const int64_t *)column->ends)[at];
        end = ((const int64_t *)column->ends)[at + 1];
    } else {
        return 0;
    }
    if (start < 0 || start > end || end > column->size) return 0;
    /* Without an address it would be null. */
    *text = (Cell){column->values ? (const char *)column->values + start : "", end - start};
    return 1;
}
