/* A hash table by socket and source, with linear probing, at most half full. The listeners belong
 * to sfu/net/native_listeners.py, which compares `roda_listeners_layout` with its own. */
#include <stdlib.h>
#include <string.h>

#include "listeners.h"

enum { FIRST_CAPACITY = 64 };

const uint32_t roda_listeners_layout[] = {
    sizeof(struct listener), sizeof(struct listeners), SOURCE_BYTES,
};

static uint64_t hash_of(int descriptor, const uint8_t *source)
{
    uint64_t hash = (uint64_t)descriptor;
    for (unsigned at = 0; at < SOURCE_BYTES; at += 4) {
        uint32_t word;
        memcpy(&word, source + at, sizeof(word));
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static uint32_t home_of(const struct listeners *self, const struct listener *listener)
{
    return (uint32_t)hash_of(listener->descriptor, listener->source) & (self->capacity - 1);
}

/* Where that listener is, or where it would be. */
static uint32_t slot_of(const struct listeners *self, int descriptor, const uint8_t *source)
{
    uint32_t slot = (uint32_t)hash_of(descriptor, source) & (self->capacity - 1);
    for (; self->slots[slot]; slot = (slot + 1) & (self->capacity - 1)) {
        const struct listener *other = self->slots[slot];
        if (other->descriptor == descriptor && !memcmp(other->source, source, SOURCE_BYTES))
            break;
    }
    return slot;
}

struct listener *find_listener(const struct listeners *self, int descriptor, const uint8_t *source)
{
    return self->capacity ? self->slots[slot_of(self, descriptor, source)] : NULL;
}

static int grow(struct listeners *self)
{
    struct listeners larger = *self;
    larger.capacity = self->capacity ? 2 * self->capacity : FIRST_CAPACITY;
    larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
    if (!larger.slots)
        return 0;
    for (uint32_t i = 0; i < self->capacity; i++) {
        struct listener *each = self->slots[i];
        if (each)
            larger.slots[slot_of(&larger, each->descriptor, each->source)] = each;
    }
    free(self->slots);
    *self = larger;
    return 1;
}

/* In the place of who listened to the same before; 0 if there is no memory. */
int roda_listen(struct listeners *self, struct listener *listener)
{
    if (2 * (self->used + 1) > self->capacity && !grow(self))
        return 0;
    uint32_t slot = slot_of(self, listener->descriptor, listener->source);
    self->used += !self->slots[slot];
    self->slots[slot] = listener;
    return 1;
}

/* If it is this one that listens; what stands behind it moves up. */
void roda_unlisten(struct listeners *self, const struct listener *listener)
{
    if (find_listener(self, listener->descriptor, listener->source) != listener)
        return;
    uint32_t mask = self->capacity - 1, hole = slot_of(self, listener->descriptor, listener->source);
    for (uint32_t next = (hole + 1) & mask; self->slots[next]; next = (next + 1) & mask) {
        uint32_t home = home_of(self, self->slots[next]);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            self->slots[hole] = self->slots[next];
            hole = next;
        }
    }
    self->slots[hole] = NULL;
    self->used--;
}

void roda_free_listeners(struct listeners *self)
{
    free(self->slots);
    self->slots = NULL;
    self->capacity = self->used = 0;
}

int take_for_listener(struct listeners *self, struct listener *listener, uint8_t *data,
                      uint32_t *size, double now)
{
    struct signals *signals = listener->signals;
    if (signals->attentive || *size < 12 || memcmp(data + 4, listener->ssrc, 4))
        return AS_IT_CAME;
    int taken = roda_receive_feedback(signals, self->unprotect, listener->srtp, data, *size, now,
                                      self->plain, self->runs);
    if (taken == UNAUTHENTIC)
        return AS_IT_CAME;
    listener->heard_at = now;
    int become = TAKEN | (taken & URGENT ? ASKS : 0);
    if (taken & OTHER) {
        *size = signals->plain_bytes;
        memcpy(data, self->plain, *size);
        become |= PLAIN_RTCP;
    }
    return become;
}
