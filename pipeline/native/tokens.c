#include "tokens.h"

#include <stdlib.h>
#include <string.h>

static int reserve(Tokens *tokens, int64_t count, int64_t text) {
    if (count > tokens->room) {
        Cell *made = realloc(tokens->token, (size_t)count * 2 * sizeof *made);
        if (!made) return 0;
        tokens->token = made;
        tokens->room = count * 2;
    }
    if (text > tokens->text_room) {
        char *made = realloc(tokens->text, (size_t)text * 2);
        if (!made) return 0;
        tokens->text = made;
        tokens->text_room = text * 2;
    }
    tokens->count = 0;
    return 1;
}

/* A copy of ASCII; 0 where it is none. */
static int copy_plain(char *to, Cell from, int lower) {
    unsigned char seen = 0;
    for (int64_t at = 0; at < from.size; at++) {
        unsigned char each = (unsigned char)from.at[at];
        seen |= each;
        to[at] = (char)(lower && each >= 'A' && each <= 'Z' ? each | 0x20 : each);
    }
    return seen < 0x80;
}

int tokens_split(Tokens *tokens, Cell text, const int32_t *separates, int64_t least, int lower) {
    if (!text.at || !reserve(tokens, text.size + 1, text.size + 1) || !copy_plain(tokens->text, text, lower)) return 0;
    const char *start = tokens->text, *end = start + text.size;
    Cell *token = tokens->token;
    for (;; start++) {
        const char *at = start;
        while (at < end && !separates[(unsigned char)*at]) at++;
        *token = (Cell){start, at - start};
        token += at - start >= least;
        start = at;
        if (at == end) break;
    }
    if (text.size)
        while (token > tokens->token && !token[-1].size) token--;
    tokens->count = token - tokens->token;
    return 1;
}

int tokens_without(Tokens *tokens, const Tokens *from, const Words *words, int lower) {
    int64_t longest = 0;
    for (int64_t at = 0; lower && at < from->count; at++)
        longest = from->token[at].size > longest ? from->token[at].size : longest;
    if (!reserve(tokens, from->count, longest)) return 0;
    for (int64_t at = 0; at < from->count; at++) {
        Cell token = from->token[at];
        const char *compared = lower ? tokens->text : token.at;
        if (lower) copy_plain(tokens->text, token, 1);
        if (words_find(words, compared, token.size) < 0) tokens->token[tokens->count++] = token;
    }
    return 1;
}

int tokens_joined(Tokens *tokens, const Tokens *from, int64_t n) {
    int64_t length = 0, count = from->count - n + 1;
    if (count <= 0) {
        tokens->count = 0;
        return 1;
    }
    for (int64_t at = 0; at < from->count; at++) length += from->token[at].size + 1;
    if (n > INT32_MAX / length || !reserve(tokens, count, n * length)) return 0;
    char *to = tokens->text;
    for (int64_t at = 0; at < count; at++) {
        const char *start = to;
        for (int64_t next = at; next < at + n; next++) {
            if (next > at) *to++ = ' ';
            memcpy(to, from->token[next].at, (size_t)from->token[next].size);
            to += from->token[next].size;
        }
        tokens->token[tokens->count++] = (Cell){start, to - start};
    }
    return 1;
}

void tokens_free(Tokens *tokens) {
    free(tokens->token);
    free(tokens->text);
}

static inline uint32_t rotated(uint32_t value, int by) { return value << by | value >> (32 - by); }

static inline uint32_t mixed(uint32_t block) { return rotated(block * 0xcc9e2d51u, 15) * 0x1b873593u; }

static inline uint32_t stirred(uint32_t hashed, uint32_t block) {
    return rotated(hashed ^ mixed(block), 13) * 5 + 0xe6546b64u;
}

int32_t murmur3(Cell token, int legacy) {
    uint32_t hashed = 42;
    const char *at = token.at, *end = at + token.size;
    for (; end - at >= 4; at += 4) {
        uint32_t block;
        memcpy(&block, at, 4);
        hashed = stirred(hashed, block);
    }
    uint32_t rest = 0;
    for (int shift = 0; at < end; at++, shift += 8) {
        uint32_t each = (unsigned char)*at;
        if (legacy) {
            hashed = stirred(hashed, each);
        } else {
            rest |= each << shift;
        }
    }
    if (!legacy) hashed ^= mixed(rest);
    hashed ^= (uint32_t)token.size;
    hashed = (hashed ^ hashed >> 16) * 0x85ebca6bu;
    hashed = (hashed ^ hashed >> 13) * 0xc2b2ae35u;
    return (int32_t)(hashed ^ hashed >> 16);
}
