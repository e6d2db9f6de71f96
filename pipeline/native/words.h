/* A vocabulary: words of UTF-8 to numbers. */
#ifndef WORDS_H
#define WORDS_H

#include <stdint.h>

typedef struct Words Words;

/* The words stand end to end in `text`, word i from ends[i - 1] to ends[i]; of equal ones the last counts.
   NULL where there is no memory. */
Words *words_new(const char *text, const int64_t *ends, int64_t count);
void words_free(Words *words);

/* The place of a word, -1 for one that is not there. */
int64_t words_find(const Words *words, const char *word, int64_t size);

#endif
