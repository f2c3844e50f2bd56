/* What sfu/bandwidth/path_signals.py does with transport-wide feedback, from the protected datagram
 * on: acknowledgements, the delay's gradient, the standing queue, the rate that arrives. Every
 * floating-point operation is done as there, in that order, so that both come to the same bits.
 *
 * No Python here, and no library but libc; `roda_feedback_layout` is compared with
 * sfu/net/native_signals.py, and libsrtp's function comes as a pointer. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "signals.h"
#include "transport_feedback.h"

const uint32_t roda_feedback_layout[] = {
    sizeof(struct sent_log), LOG_CAPACITY, sizeof(struct arrived_run), sizeof(struct signals),
    offsetof(struct signals, has_highest), MAX_DATAGRAM, MAX_MISSING, MAX_RECENT, MAX_ARRIVALS,
};

/* --- acknowledgements ------------------------------------------------------------------------- */

static uint64_t *missing_word(struct signals *self, int64_t number)
{
    return &self->missing[(uint64_t)number % MAX_MISSING / 64];
}

static uint64_t missing_bit(int64_t number)
{
    return (uint64_t)1 << ((uint64_t)number % 64);
}

/* From `highest` on to the end of what is reported; what of it from `start` on is not among
 * `numbers` is missing. */
static void note_missing(struct signals *self, int64_t highest, int64_t start, int64_t end,
                         const int64_t *numbers, uint32_t count)
{
    int64_t number = highest + 1;
    uint32_t next = 0;
    if (number < end - MAX_MISSING)
        number = end - MAX_MISSING;
    while (next < count && numbers[next] < number)
        next++;
    for (; number < end; number++) {
        int arrived = next < count && numbers[next] == number;
        next += (uint32_t)arrived;
        if (number >= start && !arrived)
            *missing_word(self, number) |= missing_bit(number);
        else
            *missing_word(self, number) &= ~missing_bit(number);
    }
}

static void advance_clock(struct signals *self, int32_t reference)
{
    if (self->has_reference) {
        int32_t step = ((reference - self->reference + 0x800000) & 0xFFFFFF) - 0x800000;
        self->reference_s += step * 0.064;
    }
    self->reference = reference;
    self->has_reference = 1;
}

/* What arrived of one sent run. `numbers` and `ticks` begin with its first that did. */
static uint32_t read_run(const struct signals *self, uint32_t run, const int64_t *numbers,
                         const int64_t *ticks, uint32_t count, struct arrived_run *out)
{
    const struct sent_log *log = self->log;
    int64_t end = end_of_run(log, run), least = ticks[0], most = ticks[0];
    uint32_t taken = 1;
    for (; taken < count && numbers[taken] < end; taken++) {
        least = ticks[taken] < least ? ticks[taken] : least;
        most = ticks[taken] > most ? ticks[taken] : most;
    }
    *out = (struct arrived_run){
        .first = numbers[0],
        .end = numbers[taken - 1] + 1,
        .sent_at = log->times[run],
        .first_arrival = self->reference_s + (double)least * 250e-6,
        .last_arrival = self->reference_s + (double)most * 250e-6,
        .packets = taken,
        .size_bytes = taken * packet_bytes(log, run),
        .has_first = numbers[0] == log->firsts[run],
    };
    return taken;
}

/* All of one feedback's runs, in the order sent. `bytes` are what its acknowledgement adds. */
static void take_runs(struct signals *self, const int64_t *numbers, const int64_t *ticks,
                      uint32_t count, double late_bytes, double unreported_bytes, int64_t packets,
                      double now, struct arrived_run *runs)
{
    double arrived_bytes = 0.0, last_arrival = 0.0, least_delay = 0.0;
    uint32_t place = 0, found = 0, run = run_of(self->log, numbers[0]);
    while (place < count) {
        while (run + 1 < self->log->runs && self->log->firsts[run + 1] <= numbers[place])
            run++;
        struct arrived_run *each = runs + found;
        place += read_run(self, run, numbers + place, ticks + place, count - place, each);
        double delay = each->first_arrival - each->sent_at;
        last_arrival = found && last_arrival > each->last_arrival ? last_arrival : each->last_arrival;
        least_delay = found && least_delay < delay ? least_delay : delay;
        arrived_bytes += each->size_bytes;
        found++;
    }
    const struct arrived_run *last = runs + found - 1;
    double sample = now - last->sent_at;
    sample = sample > 0.0 ? sample : 0.0;
    self->round_trip_s += 0.125 * ((sample < 2.0 ? sample : 2.0) - self->round_trip_s);
    update_rate(self, last_arrival, arrived_bytes + late_bytes + unreported_bytes);
    for (uint32_t i = 0; i < found; i++)
        update_delay(self, runs + i);
    note_delay(&self->queue, last->first_arrival, least_delay);
    self->newest_runs = found;
    self->sent_at = last->sent_at;
    self->has_sent = 1;
    self->size_bytes += arrived_bytes * (double)packets / (double)count;
}

static int acknowledge(struct signals *self, const struct feedback *found, double now,
                       struct arrived_run *runs)
{
    int64_t numbers[MAX_DATAGRAM], ticks[MAX_DATAGRAM], arrival = 0;
    const struct sent_log *log = self->log;
    int64_t newest = log->next_number - 1, oldest = oldest_number(log), late = 0;
    int64_t before = self->has_highest ? self->highest : oldest - 1, highest = before;
    double late_bytes = 0.0, unreported_bytes = 0.0;
    uint32_t count = 0;
    advance_clock(self, found->reference);
    for (uint32_t i = 0; i < found->received; i++) {
        int64_t number = newest - ((newest - found->numbers[i]) & 0xFFFF);
        arrival += found->deltas[i];
        if (number < oldest)
            self->unknown++;
        else if (number > highest) {
            highest = number;
            numbers[count] = number;
            ticks[count++] = arrival;
        } else if (self->has_highest && number <= before && number > before - MAX_MISSING &&
                   *missing_word(self, number) & missing_bit(number)) {
            *missing_word(self, number) &= ~missing_bit(number);
            late_bytes += bytes_between(log, number, number + 1);
            late++;
        }
    }
    self->newest_runs = 0;
    if (!count && !late)
        return NOTHING_NEW;
    int64_t packets = 0, lost = 0;
    if (count) {
        int64_t base = numbers[0] - ((numbers[0] - found->base) & 0xFFFF);
        if (!self->has_highest)
            before = base - 1;
        int64_t start = before + 1 > base ? before + 1 : base, end = base + found->status_count;
        end = end > numbers[count - 1] + 1 ? end : numbers[count - 1] + 1;
        end = end < log->next_number ? end : log->next_number;
        if (base > before + 1)
            unreported_bytes = bytes_between(log, before + 1, base);
        packets = end - start < MAX_MISSING ? end - start : MAX_MISSING;
        lost = packets > count ? packets - count : 0;
        note_missing(self, before, start, end, numbers, count);
        self->highest = end - 1;
        self->has_highest = 1;
        take_runs(self, numbers, ticks, count, late_bytes, unreported_bytes, packets, now, runs);
    }
    measure_queue(self);
    self->state = self->overuse.state;
    self->threshold_ms = self->overuse.threshold_ms;
    self->heard_at = now;
    self->pending = 1;
    self->packets += packets;
    self->lost += lost - late;
    int urgent = self->overused || self->state != NORMAL || self->lost || self->queue_s > 0.2;
    return urgent ? HEARD | URGENT : HEARD;
}

/* --- for Python ------------------------------------------------------------------------------- */

void roda_start_signals(struct signals *self, struct sent_log *log)
{
    memset(self, 0, sizeof(*self));
    self->log = log;
    self->round_trip_s = 0.2;
    self->attentive = 1;
    restart_delay(self);
}

/* Nothing is known any more of the rate that arrives. */
void roda_forget_rate(struct signals *self)
{
    memset(&self->rate, 0, sizeof(self->rate));
    self->acknowledged_bps = 0.0;
    self->is_rate_known = 0;
}

/* `body` is the feedback without RTCP header and padding. `runs` has room for `MAX_DATAGRAM`. */
int roda_take_feedback(struct signals *self, const uint8_t *body, uint32_t length, double now,
                       struct arrived_run *runs)
{
    struct feedback found;
    if (!read_feedback(body, length, &found))
        return MALFORMED;
    return acknowledge(self, &found, now, runs);
}

/* Where the last packet of a compound datagram begins, if that is transport-wide feedback and no
 * other is; else -1. */
static int64_t find_feedback(const uint8_t *plain, uint32_t length)
{
    int64_t found = -1;
    for (uint32_t at = 0; at < length;) {
        if (found >= 0 || length - at < 4 || plain[at] >> 6 != 2)
            return -1;
        if ((plain[at] & 0x1F) == 15 && plain[at + 1] == 205)
            found = at;
        uint32_t size = 4 + 4 * get16(plain + at + 2);
        if (size > length - at)
            return -1;
        at += size;
    }
    return found;
}

/* A protected RTCP datagram; `plain` has room for `MAX_DATAGRAM` bytes. What it is but for the
 * feedback taken, `OTHER`, stands there, `plain_bytes` of it. */
int roda_receive_feedback(struct signals *self, unprotect_function unprotect, void *srtp,
                          const uint8_t *data, uint32_t size, double now, uint8_t *plain,
                          struct arrived_run *runs)
{
    int length = (int)size;
    if (size > MAX_DATAGRAM)
        return UNAUTHENTIC;
    memcpy(plain, data, size);
    if (unprotect(srtp, plain, &length) || length < 0 || length > MAX_DATAGRAM)
        return UNAUTHENTIC;
    self->plain_bytes = (uint32_t)length;
    int64_t found = find_feedback(plain, self->plain_bytes);
    if (found < 0)
        return OTHER;
    const uint8_t *packet = plain + found;
    uint32_t body = (uint32_t)(length - found - 4);
    if (packet[0] & 0x20) {
        uint32_t padding = body ? plain[length - 1] : 0;
        if (!padding || padding > body)
            return OTHER;
        body -= padding;
    }
    int result = roda_take_feedback(self, packet + 4, body, now, runs);
    if (result == MALFORMED)
        return OTHER;
    self->plain_bytes = (uint32_t)found;
    return found ? result | OTHER : result;
}
