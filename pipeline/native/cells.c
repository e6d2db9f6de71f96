/* strtod_l */
#define _GNU_SOURCE
#include "cells.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Java's and NumPy's NaN is 0x7ff8000000000000; this one has a payload. */
static const uint64_t NULL_BITS = 0x7ff80000006e756cu;

/* All that a double holds exactly: a product or quotient with a whole number below 2^53 is rounded once, so right. */
static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { MOST_POWER = 22, MOST_DIGITS = 19, MOST_CELL = 400 };

double null_number(void) {
    double value;
    memcpy(&value, &NULL_BITS, sizeof value);
    return value;
}

int is_null(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits == NULL_BITS;
}

static int is_digit(char mark) { return (unsigned char)(mark - '0') < 10; }

/* A decimal that the powers do not reach, in the C locale whatever the process's is. */
static int read_slowly(const char *at, const char *end, double *number) {
    static _Thread_local locale_t plain;
    char text[MOST_CELL + 1];
    if (end - at > MOST_CELL) return 0;
    if (!plain && !(plain = newlocale(LC_ALL_MASK, "C", (locale_t)0))) return 0;
    memcpy(text, at, (size_t)(end - at));
    text[end - at] = 0;
    char *stop;
    *number = strtod_l(text, &stop, plain);
    return stop == text + (end - at) && !isinf(*number);
}

static int read_decimal(const char *at, const char *end, double *number) {
    const char *start = at;
    int negative = 0;
    if (at < end && (*at == '-' || *at == '+')) negative = *at++ == '-';
    uint64_t digits = 0;
    int count = 0, seen = 0;
    int64_t power = 0;
    for (; at < end && is_digit(*at); at++, seen = 1) {
        digits = digits * 10 + (uint64_t)(*at - '0');
        count += digits != 0;
    }
    if (at < end && *at == '.') {
        for (at++; at < end && is_digit(*at); at++, seen = 1, power--) {
            digits = digits * 10 + (uint64_t)(*at - '0');
            count += digits != 0;
        }
    }
    if (!seen) return 0;
    if (at < end && (*at == 'e' || *at == 'E')) {
        int below = 0, exponent = 0;
        at++;
        if (at < end && (*at == '-' || *at == '+')) below = *at++ == '-';
        if (at == end) return 0;
        for (; at < end && is_digit(*at); at++)
            if (exponent < 10000) exponent = exponent * 10 + (*at - '0');
        power += below ? -exponent : exponent;
    }
    if (at != end) return 0;
    if (count > MOST_DIGITS || digits >> 53 || power > MOST_POWER || power < -MOST_POWER)
        return read_slowly(start, end, number);
    double value = (double)digits;
    value = power < 0 ? value / POWERS[-power] : value * POWERS[power];
    *number = negative ? -value : value;
    return 1;
}

static int read_integer(const char *at, const char *end, int bits, double *number) {
    int negative = 0, count = 0;
    uint64_t whole = 0;
    if (at < end && (*at == '-' || *at == '+')) negative = *at++ == '-';
    for (; at < end && is_digit(*at); at++, count++) {
        if (count == MOST_DIGITS) return 0;
        whole = whole * 10 + (uint64_t)(*at - '0');
    }
    if (whole > (uint64_t)INT64_MAX + (uint64_t)negative) return 0;
    if (count && at < end && *at == '.')
        for (at++; at < end && *at == '0';) at++;
    return count && at == end && fit_integer((int64_t)(negative ? 0 - whole : whole), bits, number);
}

static int says(const char *at, const char *end, const char *word) {
    for (; at < end && *word; at++, word++)
        if ((*at | 0x20) != *word) return 0;
    return at == end && !*word;
}

static int read_boolean(const char *at, const char *end, double *number) {
    int yes = (end - at == 1 && *at == '1') || says(at, end, "true");
    int no = (end - at == 1 && *at == '0') || says(at, end, "false");
    *number = yes;
    return yes || no;
}

int fit_integer(int64_t whole, int bits, double *number) {
    int64_t limit = (int64_t)((UINT64_C(1) << (bits - 1)) - 1);
    if (whole > limit || whole < -limit - 1) return 0;
    *number = (double)whole;
    return 1;
}

int fit_number(double *number, CellKind kind, int bits) {
    double value = *number;
    if (kind == CELL_INTEGER) {
        /* A NaN fails the first comparison. */
        if (!(fabs(value) < 9e15) || value != floor(value)) return 0;
        return fit_integer((int64_t)value, bits, number);
    }
    if (kind == CELL_BOOLEAN) return value == 0 || value == 1;
    if (isinf(value)) return 0;
    if (kind == CELL_FLOAT) {
        if (fabs(value) > FLT_MAX) return 0;
        *number = (double)(float)value;
    }
    return 1;
}

int read_number(const char *at, const char *end, CellKind kind, int bits, double *number) {
    while (at < end && (*at == ' ' || *at == '\t')) at++;
    while (at < end && (end[-1] == ' ' || end[-1] == '\t')) end--;
    if (kind == CELL_INTEGER) return read_integer(at, end, bits, number);
    if (kind == CELL_BOOLEAN) return read_boolean(at, end, number);
    if (!read_decimal(at, end, number)) {
        if (!says(at, end, "nan")) return 0;
        *number = NAN;
    }
    return fit_number(number, kind, bits);
}
