/* The loop that is too hot for Python: a row of logits, the stages on it, and what each of them left.
 *
 * Keeps true: the arithmetic of every stage is libllama's, called through `apply`; here are only the
 * way into the candidate array, and measures. Each measure is finite. Chooses no token, keeps nothing
 * from row to row, prints nothing, and reads only memory that it was given.
 *
 * observer_draw -> the record of a draw by libllama's `dist`; no bytes where the caller has to help:
 *                  `code` is the place of a stage to be applied by it, or DONE (it draws), or BANNED
 * observer_begin -> that code; observer_resume -> the next, after the caller has applied the stage
 * observer_finish -> the record, after it has drawn: struct head, struct trace[], then of each candidate
 *                    int32 id, float logit, float p, uint8 cut, array after array
 */

#include <stdlib.h>

#include "dice.h"
#include "row.h"

enum { KEEP = 256, KEPT = 255, SMALL = 4096, SPARE = 2 * KEEP, LANES = 16 };
enum { DONE = -1, BANNED = -2 };
enum kind { APPLY, CALLER, SKIP, TOP_K, MIN_P, BIAS, WINDOW, WHOLE };
enum how { DRAWN, GREEDY, AGAIN };

#define OPEN __attribute__((visibility("default")))

typedef struct { int32_t id; float logit, p; } candidate; /* llama_token_data */
typedef struct { candidate *data; size_t size; int64_t selected; bool sorted; } candidates;
typedef void (*apply_function)(void *sampler, candidates *array);

struct stage {
    void *sampler;
    const int32_t *ids;    /* BIAS: one each for .. */
    const float *amounts;  /* .. these; */
    int64_t count;         /* so many. TOP_K: k. WINDOW: tokens looked back over. MIN_P: min_keep */
    float threshold;       /* MIN_P: ln p */
    int32_t kind, reshapes, looks_back;
    int32_t bans; /* told: whether it removed a token of the row */
};

struct trace { double mass, bits; int64_t kept, changed; };

struct head {
    int64_t token, repaired;              /* repaired: the row held what is no number */
    int64_t dist_drawn, xtc_drawn;        /* uniforms taken before the step; */
    double u, coin;                       /* those of the step, if observer_draw has drawn */
    double log_sum_exp, bits, mean, deviation, top, p_raw, p_final;
    int64_t n, n_finite, rank, n_traces;
};

typedef struct {
    /* Set by the caller: */
    apply_function apply;
    candidates *array;
    candidate *base; /* its buffer, n_vocab long */
    struct stage *stages;
    int64_t n_vocab, n_stages, first; /* first: the stage that a draw begins with */
    const int32_t *history;
    int64_t n_history;
    void *(*bytes)(const char *data, ptrdiff_t size); /* PyBytes_FromStringAndSize */
    char *(*inside)(void *bytes);                     /* PyBytes_AsString */
    void *dist;                                       /* libllama's; NULL where the caller draws */
    dice *dist_dice, *xtc_dice;
    /* Told: */
    int64_t code;
    struct head head;
    /* Its own: */
    const float *row, *current;
    float *work, *clean, *logit, *raw, *before, *final;
    int32_t *best;
    uint8_t *alive, *mark; /* stages survived by each token; tokens seen in a window or noted */
    uint64_t *keys, *spare, *near, *noted;
    struct trace *traces;
    size_t n_near, n_noted;
    int64_t at, n_traces, n_finite;
    double shift, bits, mean, deviation; /* of the row; shift: log-sum-exp minus top */
    double rest, weighted;               /* of the current row, as in `struct sums`, with .. */
    float reference, top;                /* .. this as its top */
    bool measured;
} observer;

/* The `count` most likely finite ones, sorted; fewer where fewer are finite. `best` is scanned. */
static size_t most_likely(observer *o, const float *row, size_t count, uint64_t **found) {
    size_t n = (size_t)o->n_vocab, stride = stride_for(n, count);
    int32_t least = reached_by(o->best, stride, count);
    size_t n_found = collect(row, n, float_of(least), o->keys, o->spare);
    *found = sorted(o->keys, o->spare, n_found, 4);
    return n_found < count ? n_found : count;
}

/* --- what a stage left ------------------------------------------------------------------------ */

static struct trace last_trace(const observer *o) {
    struct trace begin = {1.0, o->bits, o->n_finite, 0};
    return o->n_traces ? o->traces[o->n_traces - 1] : begin;
}

/* Logits before a stage that changes them. */
static void remember(observer *o) {
    if (o->measured)
        for (size_t i = 0; i < o->array->size; i++)
            o->before[o->array->data[i].id] = o->array->data[i].logit;
}

/* A shift that is the same for all changes no probability. */
static bool reshaped(const observer *o) {
    float low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < o->array->size; i++) {
        const candidate *c = &o->array->data[i];
        if (!(c->logit > -INFINITY)) continue;
        float shift = c->logit - o->before[c->id];
        low = shift < low ? shift : low;
        high = shift > high ? shift : high;
    }
    return high - low > 1e-6f;
}

/* Trace the stage that has just run on the candidate array. */
static void measure(observer *o, bool reshapes) {
    struct trace last = last_trace(o), now = last;
    size_t n = 0, size = o->array->size;
    uint8_t survived = (uint8_t)(o->n_traces + 1);
    float top = -INFINITY;
    for (size_t i = 0; i < size; i++) {
        candidate c = o->array->data[i];
        if (!(c.logit > -INFINITY)) continue;
        o->alive[c.id] = survived;
        o->logit[n] = c.logit;
        o->raw[n++] = o->row[c.id];
        top = c.logit > top ? c.logit : top;
    }
    now.kept = (int64_t)n;
    /* Full vectors, of which the last are none. */
    for (; n % LANES; n++) o->logit[n] = o->raw[n] = -INFINITY;
    now.changed = now.kept != last.kept || (reshapes && now.kept > 1 && reshaped(o));
    if (now.kept != last.kept) now.mass = mass_of(o->raw, o->logit, n, o->top, (float)o->shift);
    if (now.changed) {
        struct sums sums = sum_up(o->logit, n, top, top);
        now.bits = bits_of(sums.rest, sums.weighted);
    }
    o->traces[o->n_traces++] = now;
}

/* --- stages before there are candidates: they change a few logits of the whole vocabulary ------ */

static void note(observer *o, int32_t id) {
    if (o->mark[id] & 2) return;
    o->mark[id] |= 2;
    o->noted[o->n_noted++] = packed(key_of(o->row[id]), (size_t)id);
}

/* Put the different tokens that a stage looks back over into the array's buffer; they are noted. */
static size_t window(observer *o, const struct stage *stage, const float *row) {
    size_t n = 0;
    int64_t count = stage->count < o->n_history ? stage->count : o->n_history;
    for (int64_t i = o->n_history - count; i < o->n_history; i++) {
        int32_t id = o->history[i];
        if (id < 0 || id >= o->n_vocab || o->mark[id] & 1) continue;
        o->mark[id] |= 1;
        if (o->measured) note(o, id);
        candidate c = {id, row[id], 0.0f};
        o->base[n++] = c;
    }
    for (size_t i = 0; i < n; i++) o->mark[o->base[i].id] &= (uint8_t)~1;
    return n;
}

static void begin_array(observer *o, size_t size, bool is_sorted) {
    candidates array = {o->base, size, -1, is_sorted};
    *o->array = array;
}

static void everyone(observer *o, const float *row) {
    for (int64_t i = 0; i < o->n_vocab; i++) {
        candidate c = {(int32_t)i, row[i], 0.0f};
        o->base[i] = c;
    }
    begin_array(o, (size_t)o->n_vocab, false);
}

struct move { double gone; bool far, changed; };

static void move_one(observer *o, struct stage *stage, struct move *move, struct trace *now, int32_t id,
                     float after) {
    float before = o->work[id];
    if (before == after) return;
    o->work[id] = after;
    stage->bans |= after == -INFINITY;
    move->changed = true;
    if (!o->measured) return;
    if (before > -INFINITY) {
        double x = (double)before - o->reference, e = exp(x);
        move->gone += e;
        o->rest -= e;
        o->weighted -= x * e;
    }
    if (after > -INFINITY) {
        double x = (double)after - o->reference, e = exp(x < 80.0 ? x : 80.0);
        move->far |= x > 80.0;
        o->rest += e;
        o->weighted += x * e;
    } else if (before > -INFINITY) {
        now->kept--;
        now->mass -= exp((double)o->row[id] - o->top - o->shift);
        if (o->alive[id] > o->n_traces) o->alive[id] = (uint8_t)o->n_traces;
    }
}

static void move(observer *o, struct stage *stage) {
    struct trace now = last_trace(o);
    struct move move = {0.0, false, false};
    size_t n = (size_t)o->n_vocab, stride = stride_for(n, 1);
    double all = 1.0 + o->rest;
    if (stage->kind == BIAS) {
        for (int64_t i = 0; i < stage->count; i++)
            move_one(o, stage, &move, &now, stage->ids[i], o->work[stage->ids[i]] + stage->amounts[i]);
    } else {
        if (stage->kind == WHOLE)
            everyone(o, o->work);
        else
            begin_array(o, window(o, stage, o->work), false);
        if (o->array->size) o->apply(stage->sampler, o->array);
        for (size_t i = 0; i < o->array->size; i++)
            move_one(o, stage, &move, &now, o->array->data[i].id, o->array->data[i].logit);
    }
    if (!o->measured) return;
    if (move.far || move.gone > 0.9 * all) {
        /* What is left of the sums may be noise: sum again. */
        scan(o->work, n, o->best, stride);
        o->reference = largest(o->best, stride);
        if (o->reference == -INFINITY) return;
        struct sums sums = sum_up(o->work, n, o->reference, o->reference);
        o->rest = sums.rest;
        o->weighted = sums.weighted;
    }
    if (now.mass < 0.1) now.mass = mass_of(o->row, o->work, n, o->top, (float)o->shift);
    if (now.mass > 1.0) now.mass = 1.0;
    if (move.changed) now.bits = bits_of(o->rest, o->weighted);
    now.changed = move.changed && now.kept > 1;
    o->traces[o->n_traces++] = now;
}

/* --- one draw --------------------------------------------------------------------------------- */

/* Make the survivors of the first stage the candidates, if they can be told from the row. */
static bool enter(observer *o, const struct stage *first, bool scanned) {
    const float *row = o->current;
    size_t n = (size_t)o->n_vocab;
    if (first->kind == TOP_K && first->count <= SMALL) {
        size_t k = (size_t)first->count < n ? (size_t)first->count : n, more = k < n ? k + 1 : n;
        uint64_t *found = o->near;
        size_t n_found = o->n_near;
        if (!scanned) {
            scan(row, n, o->best, stride_for(n, more));
            n_found = most_likely(o, row, more, &found);
        }
        if (n_found < more) return false;
        /* Where two are equal, their order in libllama decides the draw. */
        for (size_t i = 1; i < more; i++)
            if (found[i] >> 32 == found[i - 1] >> 32) return false;
        for (size_t i = 0; i < k; i++) {
            candidate c = {id_of(found[i]), logit_of(found[i]), 0.0f};
            o->base[i] = c;
        }
        begin_array(o, k, true);
        return true;
    }
    if (first->kind == MIN_P) {
        /* As llama_sampler_min_p_apply does with unsorted candidates. */
        size_t stride = stride_for(n, 1);
        scan(row, n, o->best, stride);
        size_t count = collect(row, n, largest(o->best, stride) + first->threshold, o->keys,
                               o->spare);
        if (count < (size_t)first->count || !count) return false;
        for (size_t i = 0; i < count; i++) {
            candidate c = {id_of(o->keys[i]), row[id_of(o->keys[i])], 0.0f};
            o->base[i] = c;
        }
        begin_array(o, count, false);
        return true;
    }
    return false;
}

static void trace(observer *o, struct stage *stage) {
    int64_t before = last_trace(o).kept;
    measure(o, stage->reshapes);
    stage->bans = stage->reshapes && last_trace(o).kept < before;
}

static int32_t go_on(observer *o) {
    for (; o->at < o->n_stages; o->at++) {
        struct stage *stage = &o->stages[o->at];
        if (stage->kind == SKIP) continue;
        if (stage->reshapes) remember(o);
        if (stage->kind == CALLER) return (int32_t)o->at;
        o->apply(stage->sampler, o->array);
        if (o->measured) trace(o, stage);
    }
    for (size_t i = 0; i < o->array->size; i++)
        if (o->array->data[i].logit > -INFINITY) return DONE;
    return BANNED;
}

/* Mean and deviation where single precision overflows: some models ban with a number like -1e30. */
static void spread(observer *o, double finite) {
    double sum = 0.0, square = 0.0;
    for (int64_t i = 0; i < o->n_vocab; i++)
        if (o->row[i] > -INFINITY) sum += o->row[i];
    o->mean = sum / finite;
    for (int64_t i = 0; i < o->n_vocab; i++) {
        double d = o->row[i] > -INFINITY ? (double)o->row[i] - o->mean : 0.0;
        square += d * d;
    }
    o->deviation = sqrt(square / finite);
}

/* Whole-vocabulary numbers, the most likely, and what the tail's windows hold. */
static void look(observer *o, size_t count) {
    size_t n = (size_t)o->n_vocab;
    double centre = 0.0;
    int64_t seen = 0;
    for (size_t i = 0; i < n; i += n / 256 + 1)
        if (o->row[i] > -INFINITY) centre += o->row[i], seen++;
    centre = seen ? centre / (double)seen : o->top;
    struct sums sums = sum_up(o->row, n, o->top, (float)centre);
    for (int again = 0;; again++) {
        double mean = sums.shift / (double)sums.finite, square = sums.square / (double)sums.finite;
        double variance = square - mean * mean;
        o->mean = (float)centre + mean;
        o->deviation = variance > 0.0 ? sqrt(variance) : 0.0;
        if (again || !isfinite(square) || variance > 0.1 * square) break;
        centre = o->mean;
        sums = sum_up(o->row, n, o->top, (float)centre);
    }
    if (!isfinite(sums.square)) spread(o, (double)sums.finite);
    o->n_finite = sums.finite;
    o->rest = sums.rest;
    o->weighted = sums.weighted;
    o->reference = o->top;
    o->shift = log1p(sums.rest);
    o->bits = bits_of(sums.rest, sums.weighted);
    uint64_t *found;
    o->n_near = most_likely(o, o->row, count, &found);
    memcpy(o->near, found, o->n_near * sizeof *found);
}

/* A damaged model computes what is no number: it counts as removed. */
static float repair(observer *o) {
    float top = -INFINITY;
    for (int64_t i = 0; i < o->n_vocab; i++) {
        float x = fabsf(o->row[i]) < ABSURD ? o->row[i] : -INFINITY;
        o->clean[i] = x;
        top = x > top ? x : top;
    }
    o->row = o->current = o->clean;
    o->head.repaired = 1;
    return top;
}

/* Stages from `from` on; only with `measured` can there be a record. */
OPEN int32_t observer_begin(observer *o, const float *row, int64_t from, int32_t measured) {
    size_t n = (size_t)o->n_vocab;
    const struct stage *first = NULL;
    int64_t head = from;
    uint8_t moves = 0;
    for (; head < o->n_stages && o->stages[head].kind >= BIAS; head++) moves++;
    for (o->at = head; o->at < o->n_stages && !first; o->at++)
        if (o->stages[o->at].kind != SKIP) first = &o->stages[o->at];
    o->row = o->current = row;
    o->measured = measured;
    for (int64_t i = 0; i < o->n_stages; i++) o->stages[i].bans = 0;
    o->n_traces = 0;
    o->head.repaired = 0;
    for (size_t i = 0; i < o->n_noted; i++) o->mark[id_of(o->noted[i])] = 0;
    o->n_noted = 0;

    size_t k = first && first->kind == TOP_K && first->count <= SMALL ? (size_t)first->count : 0;
    size_t count = measured && k < KEEP ? KEEP : k + 1;
    if (count > n) count = n;
    int32_t low = scan(row, n, o->best, stride_for(n, count));
    o->top = largest(o->best, stride_for(n, count));
    /* NaN is above or below every number, and so is an infinity; -inf alone is none. */
    if (!(o->top < ABSURD && o->top > -ABSURD) || low < key_of(-INFINITY)) {
        o->top = repair(o);
        if (o->top == -INFINITY) return BANNED;
        scan(o->row, n, o->best, stride_for(n, count));
    }
    if (measured) {
        look(o, count);
        memset(o->alive, moves, n);
    } else if (!moves && k) {
        uint64_t *found;
        o->n_near = most_likely(o, o->row, count, &found);
        memcpy(o->near, found, o->n_near * sizeof *found);
    }
    for (int64_t i = from; measured && i < o->n_stages; i++) {
        const struct stage *stage = &o->stages[i];
        for (int64_t k = 0; stage->ids && k < stage->count; k++) note(o, stage->ids[k]);
        if (stage->looks_back) window(o, stage, o->row);
    }
    if (moves) {
        memcpy(o->work, o->row, n * sizeof *o->work);
        o->current = o->work;
        for (int64_t i = from; i < head; i++) move(o, &o->stages[i]);
        scan(o->work, n, o->best, stride_for(n, 1));
        if (largest(o->best, stride_for(n, 1)) == -INFINITY) return BANNED;
    }
    if (first && enter(o, first, !moves)) {
        if (measured) measure(o, false);
    } else {
        everyone(o, o->current);
        o->at = head;
    }
    return go_on(o);
}

/* The caller has applied the stage it was given; without `traced` it did nothing, and is not told. */
OPEN int32_t observer_resume(observer *o, int32_t traced) {
    struct stage *stage = &o->stages[o->at++];
    if (traced && o->measured) {
        trace(o, stage);
        if (!last_trace(o).kept) return BANNED;
    }
    return go_on(o);
}

/* `p_final` of the candidates, at their ids. libllama's sort goes wrong above about 3e8, which logits
 * are behind a temperature next to 0; its `dist` then takes one, but has NaN as their probabilities. */
static void keep_final(observer *o, bool greedy) {
    float top = -INFINITY;
    double sum = 0.0;
    const candidate *data = o->array->data;
    size_t size = o->array->size;
    if (greedy) {
        for (size_t i = 0; i < size; i++) top = data[i].logit > top ? data[i].logit : top;
        for (size_t i = 0; i < size; i++) sum += exp((double)data[i].logit - top);
    }
    for (size_t i = 0; i < size; i++) {
        if (!(data[i].logit > -INFINITY)) continue;
        o->alive[data[i].id] = (uint8_t)(o->n_traces + 1);
        if (!greedy && !(data[i].p >= 0.0f)) {
            keep_final(o, true);
            return;
        }
        o->final[data[i].id] = greedy ? (float)(exp((double)data[i].logit - top) / sum) : data[i].p;
    }
}

/* The recorded candidates, sorted, in one of the buffers: the most likely, the noted, these two. */
static uint64_t *listed(observer *o, int32_t token, int32_t extra, size_t *n_listed) {
    uint64_t *found = o->near;
    size_t n = o->n_near < KEEP ? o->n_near : KEEP, all = n, place = 0;
    const int32_t wanted[2] = {token, extra};
    memcpy(o->keys, found, n * sizeof *found);
    memcpy(o->keys + all, o->noted, o->n_noted * sizeof *found);
    all += o->n_noted;
    for (int w = 0; w < 2; w++) {
        if (wanted[w] < 0) continue;
        uint64_t key = packed(key_of(o->row[wanted[w]]), (size_t)wanted[w]);
        for (place = 0; place < n && found[place] != key; place++) continue;
        if (place == n) o->keys[all++] = key;
    }
    found = o->keys;
    if (all > n) {
        found = sorted(o->keys, o->spare, all, 0);
        n = 0;
        for (size_t i = 0; i < all; i++)
            if (!i || found[i] != found[i - 1]) found[n++] = found[i];
    }
    *n_listed = n;
    return found;
}

static void *pack(observer *o, int32_t token, int32_t extra) {
    struct head *head = &o->head;
    size_t n = 0, place = 0, traces = (size_t)(o->measured ? o->n_traces : 0) * sizeof *o->traces;
    const uint64_t *found = o->measured ? listed(o, token, extra, &n) : NULL;
    void *made = o->bytes(NULL, (ptrdiff_t)(sizeof *head + traces + n * (3 * sizeof(float) + 1)));
    if (!made) return NULL;
    char *out = o->inside(made);
    int32_t *ids = (int32_t *)(out + sizeof *head + traces);
    float *logits = (float *)(ids + n), *final = logits + n;
    uint8_t *cut = (uint8_t *)(final + n);
    for (size_t i = 0; i < n; i++) {
        int32_t id = id_of(found[i]);
        uint8_t survived = o->alive[id];
        ids[i] = id;
        logits[i] = logit_of(found[i]);
        final[i] = survived > o->n_traces ? o->final[id] : 0.0f;
        cut[i] = survived >= o->n_traces || !(logits[i] > -INFINITY) ? KEPT : survived;
        if (id == token) place = i;
    }
    head->token = token;
    head->n = (int64_t)n;
    head->n_traces = (int64_t)(traces / sizeof *o->traces);
    if (n) {
        head->rank = (int64_t)place + 1;
        if (place >= KEEP) {
            head->rank = 1;
            for (int64_t i = 0; i < o->n_vocab; i++)
                head->rank += o->row[i] > logits[place] || (o->row[i] == logits[place] && i < token);
        }
        head->log_sum_exp = (double)o->top + o->shift;
        head->bits = o->bits;
        head->mean = o->mean;
        head->deviation = o->deviation;
        head->top = o->top;
        head->p_raw = exp((double)logits[place] - head->log_sum_exp);
        head->p_final = final[place];
        head->n_finite = o->n_finite;
    }
    memcpy(out, head, sizeof *head);
    memcpy(out + sizeof *head, o->traces, traces);
    return made;
}

/* The draw of `token`; `extra` is to be in the record too, unless it is negative. */
OPEN void *observer_finish(observer *o, int32_t token, int32_t extra, int32_t how) {
    if (how != AGAIN && o->measured) keep_final(o, how == GREEDY);
    return pack(o, token, extra);
}

OPEN void *observer_draw(observer *o, const float *row, int32_t measured) {
    o->code = observer_begin(o, row, o->first, measured);
    if (o->code != DONE || !o->dist) return o->bytes("", 0);
    o->apply(o->dist, o->array);
    if (measured) keep_final(o, false);
    o->head.dist_drawn = o->dist_dice->drawn;
    o->head.xtc_drawn = o->xtc_dice->drawn;
    o->head.u = dice_double(o->dist_dice);
    o->head.coin = dice_single(o->xtc_dice);
    return pack(o, o->array->data[o->array->selected].id, -1);
}

OPEN void observer_seed(dice *d, uint32_t seed) { dice_seed(d, seed); }
OPEN double observer_double(dice *d) { return dice_double(d); }
OPEN double observer_peek(dice *d) { return dice_peek(d); }
OPEN double observer_single(dice *d) { return dice_single(d); }

/* Take `count` uniforms of `words` words each and forget them; before any other is taken. */
OPEN void observer_skip(dice *d, int64_t count, int64_t words) {
    for (int64_t i = 0; i < count * words; i++) dice_word(d);
    d->drawn += count;
}

OPEN void observer_free(observer *o) {
    if (!o) return;
    void *parts[] = {o->work, o->clean, o->logit, o->raw, o->before, o->final, o->best, o->alive,
                     o->mark, o->keys, o->spare, o->near, o->noted, o->traces};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) free(parts[i]);
    free(o);
}

/* NULL where there is no memory. The caller sets the first fields and the stages. */
OPEN observer *observer_new(int64_t n_vocab) {
    size_t n = (size_t)n_vocab, some = n + SPARE;
    observer *o = calloc(1, sizeof *o);
    if (!o) return NULL;
    o->n_vocab = n_vocab;
    o->work = malloc(n * sizeof *o->work);
    o->clean = malloc(n * sizeof *o->clean);
    o->logit = malloc((n + LANES) * sizeof *o->logit);
    o->raw = malloc((n + LANES) * sizeof *o->raw);
    o->before = malloc(n * sizeof *o->before);
    o->final = malloc(n * sizeof *o->final);
    o->best = malloc(n * sizeof *o->best);
    o->alive = malloc(n);
    o->mark = calloc(n, 1);
    o->keys = malloc(some * sizeof *o->keys);
    o->spare = malloc(some * sizeof *o->spare);
    o->near = malloc((SMALL + 1) * sizeof *o->near);
    o->noted = malloc(n * sizeof *o->noted);
    o->traces = malloc(KEPT * sizeof *o->traces);
    if (o->work && o->clean && o->logit && o->raw && o->before && o->final && o->best && o->alive &&
        o->mark && o->keys && o->spare && o->near && o->noted && o->traces)
        return o;
    observer_free(o);
    return NULL;
}

/* What it was compiled from: the caller compares it with the source that it has. */
OPEN uint32_t observer_source(void) { return OBSERVER_SOURCE; }
