#include "features.h"

#include <math.h>
#include <stdlib.h>

#include "trees.h"

/* Beyond that a float32 does not count one by one. */
enum { MOST_COUNTED = 1 << 24 };

int features_new(Features *features, int64_t count, int zeros_are_missing) {
    *features = (Features){.empty = zeros_are_missing ? NAN : 0, .zeros_are_missing = zeros_are_missing, .count = count};
    features->value = malloc(((size_t)count + 1) * sizeof *features->value);
    if (!features->value) return 0;
    for (int64_t at = 0; at < count; at++) features->value[at] = features->empty;
    features->missing = zeros_are_missing;
    return 1;
}

void features_free(Features *features) {
    free(features->value);
    free(features->touched);
}

void features_clear(Features *features) {
    for (int64_t at = 0; at < features->touched_count; at++) features->value[features->touched[at]] = features->empty;
    features->touched_count = 0;
    features->missing = features->zeros_are_missing;
}

int features_reserve(Features *features, int64_t more) {
    int64_t due = features->touched_count + more;
    if (more >= MOST_COUNTED) return 0;
    if (due <= features->touched_room) return 1;
    int32_t *made = realloc(features->touched, (size_t)due * 2 * sizeof *made);
    if (!made) return 0;
    features->touched = made;
    features->touched_room = due * 2;
    return 1;
}

void features_scale(Features *features, int64_t from, int binary, const double *factors, int64_t first) {
    if (!binary && !factors) return;
    for (int64_t at = from; at < features->touched_count; at++) {
        int32_t place = features->touched[at];
        double value = (binary ? 1 : (double)features->value[place]) * (factors ? factors[place - first] : 1);
        features->value[place] = features->zeros_are_missing && value == 0 ? NAN : (float)value;
    }
}

int features_put(Features *features, const double *values, int64_t size, const int32_t *places, int64_t count,
                 int64_t first) {
    double most = 0;
    for (int64_t at = 0; at < size; at++) {
        double extent = fabs(values[at]);
        most = extent > most ? extent : most;
    }
    float *to = features->value + first;
    for (int64_t at = 0; at < count; at++) {
        double value = values[places[at]];
        to[at] = features->zeros_are_missing && value == 0 ? NAN : (float)value;
        features->missing |= to[at] != to[at];
    }
    return most < TOO_LARGE;
}
