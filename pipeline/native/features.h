/* One row of features as XGBoost's trees take them, of which few change from row to row. */
#ifndef FEATURES_H
#define FEATURES_H

#include <stdint.h>

/* Every feature is `empty` but for those that are touched, which features_clear forgets, and those that were put. */
typedef struct {
    float *value, empty;
    int missing; /* whether a value may be NaN */
    int zeros_are_missing;
    int32_t *touched;
    int64_t count, touched_count, touched_room;
} Features;

/* 0 where there is no memory. */
int features_new(Features *features, int64_t count, int zeros_are_missing);
void features_free(Features *features);
void features_clear(Features *features);

/* Room for so many more to be touched; 0 where there is none, or they are too many to be counted in float32. */
int features_reserve(Features *features, int64_t more);

/* One more of a feature, which has been `empty` or counted. */
static inline void features_count(Features *features, int32_t place) {
    float *value = features->value + place;
    if (*value >= 1) {
        *value += 1;
    } else {
        *value = 1;
        features->touched[features->touched_count++] = place;
    }
}

/* Makes values of the counts that were touched from the given one on: 1 each where `binary`, times the factor of its
   place, counted from `first`, where there are factors. */
void features_scale(Features *features, int64_t from, int binary, const double *factors, int64_t first);

/* Of `size` values those at the listed places, into the features from `first` on; 0 where one of all the values is
   more than a float holds. */
int features_put(Features *features, const double *values, int64_t size, const int32_t *places, int64_t count,
                 int64_t first);

#endif
