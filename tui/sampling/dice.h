/* `std::mt19937` and the uniforms that libstdc++ makes of it, which are libllama's. */

#include <math.h>
#include <stdint.h>

typedef struct {
    uint32_t words[624];
    int32_t at, is_seen; /* whether `seen`, the next single, has been looked at */
    float seen;
    int64_t drawn; /* uniforms taken so far */
} dice;

static void dice_seed(dice *d, uint32_t seed) {
    d->words[0] = seed;
    for (uint32_t i = 1; i < 624; i++)
        d->words[i] = 1812433253u * (d->words[i - 1] ^ d->words[i - 1] >> 30) + i;
    d->at = 624;
    d->is_seen = 0;
    d->drawn = 0;
}

static uint32_t dice_word(dice *d) {
    if (d->at == 624) {
        for (int i = 0; i < 624; i++) {
            uint32_t y = (d->words[i] & 0x80000000u) | (d->words[(i + 1) % 624] & 0x7fffffffu);
            d->words[i] = d->words[(i + 397) % 624] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0u);
        }
        d->at = 0;
    }
    uint32_t y = d->words[d->at++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

/* `std::uniform_real_distribution<double>`: two words, the low one first. */
static double dice_double(dice *d) {
    double low = dice_word(d), high = dice_word(d);
    double u = (low + high * 4294967296.0) / 18446744073709551616.0;
    d->drawn++;
    return u < 1.0 ? u : nextafter(1.0, 0.0);
}

/* What `dice_single` will return, without taking it. */
static float dice_peek(dice *d) {
    if (!d->is_seen) {
        float u = (float)dice_word(d) / 4294967296.0f;
        d->seen = u < 1.0f ? u : nextafterf(1.0f, 0.0f);
        d->is_seen = 1;
    }
    return d->seen;
}

/* `std::uniform_real_distribution<float>`: one word. */
static float dice_single(dice *d) {
    float u = dice_peek(d);
    d->is_seen = 0;
    d->drawn++;
    return u;
}
