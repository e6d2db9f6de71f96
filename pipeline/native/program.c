#include "program.h"

#include <math.h>
#include <string.h>

static int word_number(const Program *program, const int64_t *operand, Cell cell, double *to) {
    int64_t place = cell.at ? words_find(program->words[operand[1]], cell.at, cell.size) : -1;
    if (place < 0) {
        if (operand[2] < 0) return 0;
        place = operand[2];
    }
    *to = (double)place;
    return 1;
}

static int one_hot(const int64_t *operand, double value, double *to) {
    int64_t size = operand[1], width = operand[2];
    if (is_null(value)) return 0;
    if (!(value >= 0 && value < (double)size)) {
        if (!operand[0]) return 0;
        value = (double)size;
    }
    memset(to, 0, (size_t)width * sizeof *to);
    if ((int64_t)value < width) to[(int64_t)value] = 1;
    return 1;
}

static int bucket(const int64_t *operand, const double *splits, double value, double *to) {
    int64_t last = operand[1] - 1;
    if (is_null(value)) return 0;
    if (isnan(value)) {
        *to = (double)last;
        return operand[0] != 0;
    }
    if (value < splits[0] || value > splits[last]) return 0;
    int64_t low = 0, high = last;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        /* Java's search finds -0.0 below 0.0. */
        int below = value < splits[middle] || (value == 0 && splits[middle] == 0 && signbit(value) && !signbit(splits[middle]));
        if (below) {
            high = middle;
        } else {
            low = middle;
        }
    }
    if (value == 0 && splits[0] == 0 && signbit(value) && !signbit(splits[0])) return 0;
    *to = (double)low;
    return 1;
}

static double dot(const double *values, const double *coefficients, int64_t count) {
    double sum = values[0] * coefficients[0];
    for (int64_t at = 1; at < count; at++) sum += values[at] * coefficients[at];
    return sum + 0.0 + coefficients[count];
}

static double mean_of_trees(const Forest *forest, const double *constants, const double *from) {
    int64_t trees = forest_trees(forest);
    int64_t leaves[trees];
    forest_leaves(forest, from, 1, 0, 1, leaves);
    double sum = 0;
    for (int64_t tree = 0; tree < trees; tree++) sum += constants[1 + leaves[tree]];
    return sum / constants[0];
}

/* How often each term stands in a list, for the features that are asked for: a term's feature is the number of its
   word, or the words' hash where there is no vocabulary. Then the counts, or 1 where `binary`, times the factors. */
static int count_terms(const Program *program, const int64_t *operand, const Tokens *tokens, Features *features) {
    const Words *words = operand[0] < 0 ? NULL : program->words[operand[0]];
    const int32_t *table = program->tables[operand[4]].place;
    int64_t from = features->touched_count;
    /* Most sizes are a power of two, which spares a division. */
    int32_t size = (int32_t)operand[1], is_power = (size & (size - 1)) == 0;
    if (!features_reserve(features, tokens->count)) return 0;
    for (int64_t at = 0; at < tokens->count; at++) {
        Cell token = tokens->token[at];
        int64_t term;
        if (words) {
            if ((term = words_find(words, token.at, token.size)) < 0) continue;
        } else {
            int32_t hashed = murmur3(token, operand[2] != 0);
            if (is_power) {
                term = hashed & (size - 1);
            } else {
                int32_t rest = hashed % size;
                term = rest < 0 ? rest + size : rest;
            }
        }
        if (table[term] >= 0) features_count(features, table[term]);
    }
    const double *factors = operand[6] < 0 ? NULL : program->constants + operand[6];
    features_scale(features, from, operand[3] != 0, factors, operand[5]);
    return 1;
}

int program_run(const Program *program, State *state) {
    double *registers = state->registers;
    const int64_t *code = program->code, *stop = code + program->code_size;
    const double *constants = program->constants;
    while (code < stop) {
        const int64_t *operand = code + 1;
        switch ((Opcode)*code) {
        case OP_WORD:
            if (!word_number(program, operand, state->texts[operand[0]], registers + operand[3])) return 0;
            code += 5;
            break;
        case OP_NUMBER: {
            double value = registers[operand[1]];
            if (isnan(value)) {
                if (operand[0] == POLICY_REFUSE) return 0;
                value = NAN;
            }
            registers[operand[2]] = value + 0.0;
            code += 4;
            break;
        }
        case OP_VECTOR: {
            const double *from = registers + operand[0];
            double *to = registers + operand[2];
            for (int64_t at = 0; at < operand[1]; at++) to[at] = from[at] + 0.0;
            code += 4;
            break;
        }
        case OP_ONE_HOT:
            if (!one_hot(operand, registers[operand[3]], registers + operand[4])) return 0;
            code += 6;
            break;
        case OP_IMPUTE: {
            double value = registers[operand[1]], missing = constants[operand[0] + 1];
            int gone = is_null(value) || (isnan(missing) ? isnan(value) : value == missing);
            registers[operand[2]] = gone ? constants[operand[0]] : value;
            code += 4;
            break;
        }
        case OP_BUCKET:
            if (!bucket(operand, constants + operand[2], registers[operand[3]], registers + operand[4])) return 0;
            code += 6;
            break;
        case OP_BINARIZE: {
            const double *from = registers + operand[2];
            double *to = registers + operand[3], threshold = constants[operand[1]];
            for (int64_t at = 0; at < operand[0]; at++) {
                if (is_null(from[at])) return 0;
                to[at] = from[at] > threshold;
            }
            code += 5;
            break;
        }
        case OP_SUBTRACT:
        case OP_MULTIPLY: {
            const double *by = constants + operand[1], *from = registers + operand[2];
            double *to = registers + operand[3];
            if (*code == OP_SUBTRACT) {
                for (int64_t at = 0; at < operand[0]; at++) to[at] = from[at] - by[at];
            } else {
                for (int64_t at = 0; at < operand[0]; at++) to[at] = from[at] * by[at];
            }
            code += 5;
            break;
        }
        case OP_RANGE: {
            int64_t count = operand[0];
            const double *least = constants + operand[1], *factor = least + count, *middle = factor + count;
            const double *from = registers + operand[2];
            double *to = registers + operand[3], low = middle[count];
            for (int64_t at = 0; at < count; at++) {
                double moved = (from[at] - least[at]) * factor[at] + low;
                to[at] = factor[at] == 0 && !isnan(from[at]) ? middle[at] : moved;
            }
            code += 5;
            break;
        }
        case OP_PICK:
            registers[operand[1]] = registers[operand[0]];
            code += 3;
            break;
        case OP_DOT:
            registers[operand[3]] = dot(registers + operand[2], constants + operand[1], operand[0]);
            code += 5;
            break;
        case OP_TREES:
            registers[operand[3]] =
                mean_of_trees(program->forests[operand[0]], constants + operand[1], registers + operand[2]);
            code += 5;
            break;
        case OP_TOKENS: {
            const int32_t *separates = program->tables[operand[0]].place;
            Tokens *to = state->lists + operand[4];
            if (!tokens_split(to, state->texts[operand[3]], separates, operand[1], operand[2] != 0)) return 0;
            code += 6;
            break;
        }
        case OP_STOP: {
            const Words *words = program->words[operand[0]];
            Tokens *lists = state->lists;
            if (!tokens_without(lists + operand[3], lists + operand[2], words, operand[1] != 0)) return 0;
            code += 5;
            break;
        }
        case OP_NGRAM:
            if (!tokens_joined(state->lists + operand[2], state->lists + operand[1], operand[0])) return 0;
            code += 4;
            break;
        case OP_TERMS:
            if (!count_terms(program, operand, state->lists + operand[7], &state->features)) return 0;
            code += 9;
            break;
        case OP_PUT: {
            const Table *table = program->tables + operand[2];
            const double *from = registers + operand[1];
            if (!features_put(&state->features, from, operand[0], table->place, table->count, operand[3])) return 0;
            code += 5;
            break;
        }
        default:
            return 0;
        }
    }
    return 1;
}

/* One cell of a row; 0 where Python must read it. */
static int read_cell(const Input *input, const char *at, const char *end, State *state) {
    if (at == end) {
        if (!input->nullable) return 0;
        if (input->kind == CELL_TEXT) {
            state->texts[input->to].at = NULL;
        } else {
            state->registers[input->to] = null_number();
        }
        return 1;
    }
    if (input->kind == CELL_TEXT) {
        state->texts[input->to] = (Cell){at, end - at};
        return 1;
    }
    return read_number(at, end, (CellKind)input->kind, input->bits, state->registers + input->to);
}

int program_read(const Program *program, const char **at, const char *end, State *state) {
    const char *cell = *at;
    while (cell < end && (*cell == '\n' || (*cell == '\r' && (cell + 1 == end || cell[1] == '\n')))) cell++;
    if (cell == end) return 0;
    for (int64_t input = 0;; input++) {
        const char *stop = cell;
        while (stop < end && *stop != ',' && *stop != '\n' && *stop != '\r') stop++;
        if (input == program->inputs || !read_cell(program->input + input, cell, stop, state)) return -1;
        if (stop < end && *stop == ',') {
            cell = stop + 1;
            continue;
        }
        if (input + 1 != program->inputs) return -1;
        if (stop < end && *stop == '\r' && ++stop < end && *stop != '\n') return -1;
        *at = stop;
        return 1;
    }
}
