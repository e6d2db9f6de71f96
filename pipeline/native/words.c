#include "words.h"

#include <stdlib.h>
#include <string.h>

/* Open addressing; a slot is a place among the words, or EMPTY. At most half of the slots are taken. */
enum { EMPTY = -1 };

struct Words {
    uint64_t mask;
    int32_t *slots;
    int64_t *ends;
    char *text;
};

static uint64_t hash(const char *word, int64_t size) {
    uint64_t mixed = 0x9e3779b97f4a7c15u ^ (uint64_t)size;
    for (; size > 0; word += 8, size -= 8) {
        uint64_t part = 0;
        memcpy(&part, word, size < 8 ? (size_t)size : 8);
        mixed = (mixed ^ part) * 0xff51afd7ed558ccdu;
        mixed ^= mixed >> 32;
    }
    return mixed;
}

/* The slot of a word, or the empty one where it would stand. */
static uint64_t slot_of(const Words *words, const char *word, int64_t size) {
    for (uint64_t slot = hash(word, size) & words->mask;; slot = (slot + 1) & words->mask) {
        int64_t place = words->slots[slot];
        if (place == EMPTY) return slot;
        int64_t start = place ? words->ends[place - 1] : 0;
        if (words->ends[place] - start == size && memcmp(words->text + start, word, (size_t)size) == 0) return slot;
    }
}

Words *words_new(const char *text, const int64_t *ends, int64_t count) {
    Words *words = calloc(1, sizeof *words);
    if (!words) return NULL;
    uint64_t slots = 4;
    while (slots < 2 * (uint64_t)count) slots *= 2;
    size_t length = count ? (size_t)ends[count - 1] : 0;
    words->mask = slots - 1;
    words->slots = malloc(slots * sizeof *words->slots);
    words->ends = malloc(((size_t)count + 1) * sizeof *words->ends);
    words->text = malloc(length + 1);
    if (!words->slots || !words->ends || !words->text) {
        words_free(words);
        return NULL;
    }
    memcpy(words->text, text, length);
    memcpy(words->ends, ends, (size_t)count * sizeof *ends);
    memset(words->slots, 0xff, slots * sizeof *words->slots);
    for (int64_t place = 0; place < count; place++) {
        int64_t start = place ? ends[place - 1] : 0;
        words->slots[slot_of(words, text + start, ends[place] - start)] = (int32_t)place;
    }
    return words;
}

void words_free(Words *words) {
    if (!words) return;
    free(words->slots);
    free(words->ends);
    free(words->text);
    free(words);
}

int64_t words_find(const Words *words, const char *word, int64_t size) {
    return words->slots[slot_of(words, word, size)];
}
