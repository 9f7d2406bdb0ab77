/* A row of logits: its sums, and its most likely tokens without sorting it.
 *
 * Keeps true: NaN and infinities are told from numbers; -inf counts as removed. Sums are taken in
 * single precision over pieces and in double precision over those (relative error about 1e-7). The
 * most likely are exact whatever the row looks like: highest logit first, then lowest id. Loops are
 * written so that a compiler does several logits at a time.
 */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One library for every CPU of a kind: the fastest version of a loop is chosen when it is loaded. */
#if defined(__x86_64__) && defined(__ELF__) && defined(__GLIBC__) && \
    ((defined(__clang__) && __clang_major__ >= 16) || (!defined(__clang__) && __GNUC__ >= 12))
#define EVERY_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_CPU
#endif

enum { PIECE = 512 };

static const float ABSURD = 1e18f; /* no logit is as large; it would overflow in the stages */
/* exp of less is next to 0, and taken as that of this. Volatile: a compiler that knows the number makes
 * a case of it, and then cannot do several at a time. */
static const volatile float FAINT = -87.0f;
static const double LN2 = 0.69314718055994530942;

/* A whole number that is ordered as the float is; 0 and -0 are one. */
static inline int32_t key_of(float x) {
    int32_t bits;
    x += 0.0f;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ ((bits >> 31) & 0x7fffffff);
}

static inline float float_of(int32_t key) {
    float x;
    key ^= (key >> 31) & 0x7fffffff;
    memcpy(&x, &key, sizeof x);
    return x;
}

/* e^x for FAINT <= x <= 0, to about 1e-7 (minimax polynomial of Cephes' expf). */
static inline float exp_of(float x) {
    int32_t n = (int32_t)(x * 1.44269504088896341f - 0.5f);
    float f = (float)n, scale;
    float r = x - f * 0.693359375f + f * 2.12194440e-4f;
    float y = 1.9875691500e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * (r * r) + r + 1.0f;
    n = (int32_t)((uint32_t)(n + 127) << 23);
    memcpy(&scale, &n, sizeof scale);
    return y * scale;
}

/* The largest key of every `stride`th logit, from each of the first `stride`; returns the smallest. */
EVERY_CPU static int32_t scan(const float *restrict row, size_t n, int32_t *restrict best, size_t stride) {
    int32_t low = INT32_MAX;
    for (size_t i = 0; i < stride; i++) best[i] = INT32_MIN;
    for (size_t at = 0; at < n; at += stride) {
        size_t m = n - at < stride ? n - at : stride;
#pragma omp simd reduction(min : low)
        for (size_t i = 0; i < m; i++) {
            int32_t key = key_of(row[at + i]);
            best[i] = key > best[i] ? key : best[i];
            low = key < low ? key : low;
        }
    }
    return low;
}

struct sums { double rest, weighted, shift, square; int64_t finite; };

/* Of x = logit - top: sum of e^x without one 1, and of x e^x; of finite logits their number and the
 * sums of their distance from `centre` and of its square. */
EVERY_CPU static struct sums sum_up(const float *restrict row, size_t n, float top, float centre) {
    struct sums all = {-1.0, 0.0, 0.0, 0.0, 0};
    const float faint = FAINT;
    for (size_t at = 0; at < n; at += PIECE) {
        size_t m = n - at < PIECE ? n - at : PIECE;
        float rest = 0.0f, weighted = 0.0f, shift = 0.0f, square = 0.0f;
        int32_t ones = 0, finite = 0;
#pragma omp simd reduction(+ : rest, weighted, shift, square, ones, finite)
        for (size_t i = 0; i < m; i++) {
            float logit = row[at + i], x = logit - top;
            int32_t is_finite = logit > -INFINITY, is_top = x >= 0.0f;
            float near = x > faint ? x : faint, e = exp_of(near);
            float d = (is_finite ? logit : centre) - centre;
            rest += e - (float)is_top;
            weighted += near * e;
            shift += d;
            square += d * d;
            ones += is_top;
            finite += is_finite;
        }
        all.rest += (double)rest + ones;
        all.weighted += weighted;
        all.shift += shift;
        all.square += square;
        all.finite += finite;
    }
    return all;
}

/* Share of p_raw of those whose logit is finite; `shift` is log-sum-exp minus `top`. */
EVERY_CPU static double mass_of(const float *restrict raw, const float *restrict logit, size_t n,
                                float top, float shift) {
    const float faint = FAINT;
    double all = 0.0;
    for (size_t at = 0; at < n; at += PIECE) {
        size_t m = n - at < PIECE ? n - at : PIECE;
        float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
        for (size_t i = 0; i < m; i++) {
            float x = raw[at + i] - top - shift;
            float e = exp_of(x > faint ? x : faint);
            sum += e * (float)(logit[at + i] > -INFINITY);
        }
        all += sum;
    }
    return all < 1.0 ? all : 1.0;
}

/* Sorts as (logit, highest first; id): what `keys` hold. */
static inline uint64_t packed(int32_t key, size_t id) {
    return (uint64_t)((uint32_t)key ^ 0x7fffffffu) << 32 | (uint32_t)id;
}

static inline int32_t id_of(uint64_t key) { return (int32_t)(uint32_t)key; }

static inline float logit_of(uint64_t key) {
    return float_of((int32_t)((uint32_t)(key >> 32) ^ 0x7fffffffu));
}

/* Every token with at least this logit, in the order of ids. Without a branch for each 32 of them: where
 * the hits are is nothing that a processor could guess. */
EVERY_CPU static size_t collect(const float *restrict row, size_t n, float least, uint64_t *restrict out,
                                uint64_t *restrict blocks) {
    size_t n_blocks = 0, count = 0;
    for (size_t at = 0; at < n; at += 32) {
        uint32_t hits = 0, m = n - at < 32 ? (uint32_t)(n - at) : 32;
#pragma omp simd reduction(| : hits)
        for (uint32_t i = 0; i < m; i++) hits |= (uint32_t)(row[at + i] >= least) << i;
        blocks[n_blocks] = (uint64_t)at << 32 | hits;
        n_blocks += hits != 0;
    }
    for (size_t k = 0; k < n_blocks; k++) {
        uint32_t hits = (uint32_t)blocks[k];
        do {
            size_t id = (size_t)(blocks[k] >> 32) + (size_t)__builtin_ctz(hits);
            out[count++] = packed(key_of(row[id]), id);
            hits &= hits - 1;
        } while (hits);
    }
    return count;
}

/* Smallest first, by the bytes from this one on; uses both buffers and returns that with the result. */
static uint64_t *sorted(uint64_t *a, uint64_t *b, size_t n, int byte) {
    for (; byte < 8; byte++) {
        uint32_t places[256] = {0}, place = 0;
        for (size_t i = 0; i < n; i++) places[a[i] >> 8 * byte & 255]++;
        if (!n || places[a[0] >> 8 * byte & 255] == n) continue;
        for (int i = 0; i < 256; i++) {
            uint32_t many = places[i];
            places[i] = place;
            place += many;
        }
        for (size_t i = 0; i < n; i++) b[places[a[i] >> 8 * byte & 255]++] = a[i];
        uint64_t *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

/* A key that at least `count` of these reach and few others do; that of -inf where they are fewer. */
static int32_t reached_by(const int32_t *best, size_t n, size_t count) {
    int64_t least = key_of(-INFINITY), low = INT32_MAX, high = least, wanted = (int64_t)count;
    for (size_t i = 0; i < n; i++) {
        if (best[i] > least && best[i] < low) low = best[i];
        if (best[i] > high) high = best[i];
    }
    while (low <= high) {
        uint32_t buckets[256] = {0};
        int shift = 0, i = 255;
        while ((high - low) >> shift > 255) shift++;
        for (size_t k = 0; k < n; k++)
            if (best[k] >= low && best[k] <= high) buckets[(best[k] - low) >> shift]++;
        for (; i >= 0 && wanted > buckets[i]; i--) wanted -= buckets[i];
        if (i < 0) return (int32_t)least + 1;
        low += (int64_t)i << shift;
        if (!shift || buckets[i] <= wanted + (int64_t)count / 8) break;
        if (high > low + (1LL << shift) - 1) high = low + (1LL << shift) - 1;
    }
    return (int32_t)low;
}

/* Places looked at together in `scan`: enough to tell the `count` largest of the row by. */
static size_t stride_for(size_t n, size_t count) {
    size_t stride = n / 32 > 4 * count ? n / 32 : 4 * count;
    return stride < n ? stride : n;
}

static float largest(const int32_t *best, size_t n) {
    int32_t high = INT32_MIN;
    for (size_t i = 0; i < n; i++) high = best[i] > high ? best[i] : high;
    return float_of(high);
}

static double bits_of(double rest, double weighted) {
    double bits = (log1p(rest) - weighted / (1.0 + rest)) / LN2;
    return bits > 0.0 ? bits : 0.0;
}
