/* Lists of tokens of ASCII text; all other text is left to Python. */
#ifndef TOKENS_H
#define TOKENS_H

#include <stdint.h>

#include "cells.h"
#include "words.h"

/* Memory grows with what is put in and is kept for the next row. Tokens stand in the list's own text, or another's. */
typedef struct {
    Cell *token;
    int64_t count, room;
    char *text;
    int64_t text_room;
} Tokens;

/* All of these return 0 where Python has to do it. */

/* The pieces of a text between separators that have at least so many characters; of no characters they may be where
   `least` is 0, but then not at the end, as Java's split has it. `separates` tells of each character of ASCII. */
int tokens_split(Tokens *tokens, Cell text, const int32_t *separates, int64_t least, int lower);

/* The tokens of another list that are none of these words, not even in lower case where `lower`. */
int tokens_without(Tokens *tokens, const Tokens *from, const Words *words, int lower);

/* Each n neighbours of another list with a space between. */
int tokens_joined(Tokens *tokens, const Tokens *from, int64_t n);

void tokens_free(Tokens *tokens);

/* The hash of a token as Spark ML has it (Murmur3_x86_32, seed 42); `legacy` is that of Spark 2. */
int32_t murmur3(Cell token, int legacy);

#endif
