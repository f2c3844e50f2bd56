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

enum {
    HEADER = 16, /* of feedback, behind the RTCP header */
    REACH = 0x8000,
    MAX_WEIGHT = 60,
};

enum { NORMAL, OVERUSE, UNDERUSE };

struct feedback {
    uint16_t base;
    uint32_t status_count;
    int32_t reference;
    uint32_t received;
    uint16_t numbers[MAX_DATAGRAM];
    int16_t deltas[MAX_DATAGRAM];
};

const uint32_t roda_feedback_layout[] = {
    sizeof(struct sent_log), LOG_CAPACITY, sizeof(struct arrived_run), sizeof(struct signals),
    offsetof(struct signals, has_highest), MAX_DATAGRAM, MAX_MISSING, MAX_RECENT, MAX_ARRIVALS,
};

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

/* --- the datagram ----------------------------------------------------------------------------- */

/* The statuses of what arrived, as numbers and sizes of deltas; where these begin, or 0. */
static uint32_t read_statuses(const uint8_t *body, uint32_t length, struct feedback *found,
                              uint8_t *sizes)
{
    uint32_t position = HEADER, offset = 0, count = found->status_count;
    found->received = 0;
    while (offset < count) {
        if (position + 2 > length)
            return 0;
        uint32_t chunk = get16(body + position), symbols, width;
        position += 2;
        if (chunk < 0x8000) { /* section 3.1.3: run length */
            uint32_t symbol = chunk >> 13, run = chunk & 0x1FFF;
            run = run < count - offset ? run : count - offset;
            if (symbol && found->received + run > length)
                return 0;
            for (uint32_t i = 0; symbol && i < run; i++) {
                found->numbers[found->received] = (uint16_t)(found->base + offset + i);
                sizes[found->received++] = (uint8_t)symbol;
            }
            offset += run;
            continue;
        }
        width = chunk & 0x4000 ? 2 : 1; /* section 3.1.4: vector */
        symbols = 14 / width;
        for (uint32_t i = 0; i < symbols; i++, offset++) {
            uint32_t symbol = chunk >> (14 - width * (i + 1)) & (width == 2 ? 3 : 1);
            if (!symbol || offset >= count)
                continue;
            if (found->received >= length)
                return 0;
            found->numbers[found->received] = (uint16_t)(found->base + offset);
            sizes[found->received++] = (uint8_t)symbol;
        }
    }
    return position;
}

/* `body` is what follows the RTCP header and precedes its padding; false if it is malformed. */
static int read_feedback(const uint8_t *body, uint32_t length, struct feedback *found)
{
    uint8_t sizes[MAX_DATAGRAM];
    if (length < HEADER || length > MAX_DATAGRAM)
        return 0;
    found->base = (uint16_t)get16(body + 8);
    found->status_count = get16(body + 10);
    found->reference = (int32_t)((uint32_t)body[12] << 16 | (uint32_t)body[13] << 8 | body[14]);
    uint32_t position = read_statuses(body, length, found, sizes);
    if (!position)
        return 0;
    for (uint32_t i = 0; i < found->received; i++) {
        if (sizes[i] > 2 || position + sizes[i] > length)
            return 0;
        found->deltas[i] = sizes[i] == 1 ? body[position] : (int16_t)get16(body + position);
        position += sizes[i];
    }
    return 1;
}

/* --- what was sent ---------------------------------------------------------------------------- */

static int64_t oldest_number(const struct sent_log *log)
{
    int64_t reach = log->next_number - REACH;
    if (!log->runs)
        return log->next_number;
    return log->firsts[0] > reach ? log->firsts[0] : reach;
}

/* The run that holds `number`, which is not older than all. */
static uint32_t run_of(const struct sent_log *log, int64_t number)
{
    uint32_t low = 0, high = log->runs;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (number < log->firsts[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low ? low - 1 : 0;
}

static int64_t end_of_run(const struct sent_log *log, uint32_t run)
{
    return run + 1 < log->runs ? log->firsts[run + 1] : log->next_number;
}

static double packet_bytes(const struct sent_log *log, uint32_t run)
{
    int64_t total = run + 1 < log->runs ? log->totals[run + 1] : log->bytes_sent;
    return (double)(total - log->totals[run]) / (double)(end_of_run(log, run) - log->firsts[run]);
}

static double bytes_before(const struct sent_log *log, int64_t number)
{
    if (number >= log->next_number)
        return (double)log->bytes_sent;
    if (!log->runs || number <= log->firsts[0])
        return log->runs ? (double)log->totals[0] : 0.0;
    uint32_t run = run_of(log, number);
    return (double)log->totals[run] + (double)(number - log->firsts[run]) * packet_bytes(log, run);
}

static double bytes_between(const struct sent_log *log, int64_t first, int64_t end)
{
    double between = bytes_before(log, end) - bytes_before(log, first);
    return between > 0.0 ? between : 0.0;
}

/* --- the delay's gradient --------------------------------------------------------------------- */

static uint32_t add_point(struct trendline *trend, double x, double y)
{
    uint32_t place;
    if (trend->held == WINDOW) {
        struct point old = trend->points[trend->oldest];
        trend->sx += x - old.x;
        trend->sy += y - old.y;
        trend->sxx += x * x - old.x * old.x;
        trend->sxy += x * y - old.x * old.y;
        place = trend->oldest;
        trend->oldest = (trend->oldest + 1) % WINDOW;
    } else {
        trend->sx += x;
        trend->sy += y;
        trend->sxx += x * x;
        trend->sxy += x * y;
        place = (trend->oldest + trend->held++) % WINDOW;
    }
    trend->points[place] = (struct point){x, y};
    return trend->held;
}

/* Sums of large numbers lose their small differences: start them anew from here. */
static void rebase(struct trendline *trend, double origin)
{
    struct point points[WINDOW];
    double shift = origin - trend->origin, level = trend->smoothed;
    uint32_t held = trend->held;
    for (uint32_t i = 0; i < held; i++) {
        struct point old = trend->points[(trend->oldest + i) % WINDOW];
        points[i] = (struct point){old.x - shift, old.y - level};
    }
    trend->origin = origin;
    trend->accumulated -= level;
    trend->smoothed = 0.0;
    trend->held = trend->oldest = 0;
    trend->sx = trend->sy = trend->sxx = trend->sxy = 0.0;
    for (uint32_t i = 0; i < held; i++)
        add_point(trend, points[i].x, points[i].y);
}

static double update_trend(struct trendline *trend, double change_ms, double arrival_ms)
{
    trend->count++;
    trend->accumulated += change_ms;
    trend->smoothed = 0.9 * trend->smoothed + (1 - 0.9) * trend->accumulated;
    if (!trend->has_origin) {
        trend->has_origin = 1;
        trend->origin = arrival_ms;
    } else if (!(-30000.0 < arrival_ms - trend->origin && arrival_ms - trend->origin < 30000.0))
        rebase(trend, arrival_ms);
    if (add_point(trend, arrival_ms - trend->origin, trend->smoothed) == WINDOW) {
        double sx = trend->sx, spread = WINDOW * trend->sxx - sx * sx;
        double slope = spread > 1e-3 ? (WINDOW * trend->sxy - sx * trend->sy) / spread : 0.0;
        trend->trend_ms =
            slope * 4.0 * (double)(trend->count < MAX_WEIGHT ? trend->count : MAX_WEIGHT);
    }
    return trend->trend_ms;
}

static void adapt_threshold(struct overuse *detector, double size_ms, double arrival_ms)
{
    double before = detector->updated_ms, excess_ms = size_ms - detector->threshold_ms;
    int had = detector->is_updated;
    detector->updated_ms = arrival_ms;
    detector->is_updated = 1;
    if (!had || before >= arrival_ms || excess_ms > 15.0)
        return; /* a sudden jump is news of the path, not its usual unrest */
    double step = arrival_ms - before;
    if (step > 100.0)
        step = 100.0;
    double threshold =
        detector->threshold_ms + (excess_ms < 0 ? 0.039 : 0.0087) * excess_ms * step;
    if (threshold < 6.0)
        threshold = 6.0;
    detector->threshold_ms = threshold < 600.0 ? threshold : 600.0;
}

static uint8_t detect(struct overuse *detector, double trend_ms, double interval_ms,
                      double arrival_ms)
{
    if (trend_ms > detector->threshold_ms) {
        detector->over_ms = detector->is_over ? detector->over_ms + interval_ms : interval_ms / 2;
        detector->is_over = 1;
        detector->count++;
        int held = detector->over_ms > 10.0 && detector->count > 1;
        if (held && trend_ms >= detector->previous) {
            detector->over_ms = 0.0;
            detector->count = 0;
            detector->state = OVERUSE;
        }
    } else {
        detector->is_over = 0;
        detector->count = 0;
        detector->state = trend_ms < -detector->threshold_ms ? UNDERUSE : NORMAL;
    }
    detector->previous = trend_ms;
    adapt_threshold(detector, trend_ms < 0 ? -trend_ms : trend_ms, arrival_ms);
    return detector->state;
}

static void restart_delay(struct signals *self)
{
    memset(&self->trend, 0, sizeof(self->trend));
    memset(&self->overuse, 0, sizeof(self->overuse));
    self->overuse.threshold_ms = 12.5;
}

static void update_delay(struct signals *self, const struct arrived_run *run)
{
    double travelled = run->first_arrival - self->group_arrival;
    if (!run->has_first)
        return; /* what left later in the run arrives later, queue or not */
    if (!self->has_group || !(-3.0 <= travelled && travelled <= 3.0)) {
        restart_delay(self);
        self->has_group = 1;
        self->group_sent_at = run->sent_at;
        self->group_arrival = run->first_arrival;
        return;
    }
    double interval = run->sent_at - self->group_sent_at;
    if (interval < 0.005)
        return;
    double arrival_ms = run->first_arrival * 1e3;
    double trend = update_trend(&self->trend, (travelled - interval) * 1e3, arrival_ms);
    if (detect(&self->overuse, trend, interval * 1e3, arrival_ms) == OVERUSE)
        self->overused = 1;
    self->group_sent_at = run->sent_at;
    self->group_arrival = run->first_arrival;
}

/* --- the standing queue ----------------------------------------------------------------------- */

static struct point *recent(struct standing_queue *queue, uint32_t index)
{
    return &queue->recent[(queue->oldest + index) % MAX_RECENT];
}

static void note_delay(struct standing_queue *queue, double at, double delay)
{
    while (queue->held &&
           (recent(queue, queue->held - 1)->y >= delay || queue->held >= MAX_RECENT))
        queue->held--;
    *recent(queue, queue->held++) = (struct point){at, delay};
    while (recent(queue, 0)->x < at - 0.25) {
        queue->oldest = (queue->oldest + 1) % MAX_RECENT;
        queue->held--;
    }
    if (!queue->has_base || at - queue->base_since > 10.0) {
        queue->before = queue->base;
        queue->has_before = queue->has_base;
        queue->base = delay;
        queue->has_base = 1;
        queue->base_since = at;
    } else if (delay < queue->base)
        queue->base = delay;
}

/* How long packets wait. A delay that stays in spite of all we do is the path's own. */
static void measure_queue(struct signals *self)
{
    struct standing_queue *queue = &self->queue;
    if (!queue->has_base || !queue->held)
        return;
    double base = queue->base, at = recent(queue, queue->held - 1)->x;
    if (queue->has_before && queue->before < base)
        base = queue->before;
    self->queue_s = recent(queue, 0)->y - base;
    if (!(self->queue_s > 0.0))
        self->queue_s = 0.0;
    if (!(self->queue_s > 0.2))
        queue->was_congested = 0;
    else if (!queue->was_congested) {
        queue->was_congested = 1;
        queue->congested_at = at;
    } else if (at - queue->congested_at > 6.0) {
        queue->base = recent(queue, 0)->y;
        queue->has_before = 0;
        queue->base_since = at;
        queue->was_congested = 0;
        self->queue_s = 0.0;
    }
}

/* --- the rate that arrives -------------------------------------------------------------------- */

static struct point *arrival_at(struct acknowledged_rate *rate, uint32_t index)
{
    return &rate->arrivals[(rate->oldest + index) % (MAX_ARRIVALS + 1)];
}

static void forget_oldest(struct acknowledged_rate *rate)
{
    rate->oldest = (rate->oldest + 1) % (MAX_ARRIVALS + 1);
    rate->held--;
    rate->bytes -= arrival_at(rate, 0)->y;
}

static void update_rate(struct signals *self, double arrival, double bytes)
{
    struct acknowledged_rate *rate = &self->rate;
    if (rate->held && arrival < rate->newest - 0.5)
        rate->held = 0; /* the receiver's clock was set back */
    if (!rate->held) {
        *arrival_at(rate, rate->held++) = (struct point){arrival, 0.0};
        rate->bytes = 0.0;
        rate->newest = arrival;
        return;
    }
    if (arrival < rate->newest)
        arrival = rate->newest;
    rate->newest = arrival;
    *arrival_at(rate, rate->held++) = (struct point){arrival, bytes};
    rate->bytes += bytes;
    while (rate->held > 2 && arrival_at(rate, 1)->x <= arrival - 0.5)
        forget_oldest(rate);
    while (rate->held > MAX_ARRIVALS)
        forget_oldest(rate);
    double span = arrival - arrival_at(rate, 0)->x;
    if (span >= 0.25) {
        self->acknowledged_bps = (rate->bytes > 0.0 ? rate->bytes : 0.0) * 8 / span;
        self->is_rate_known = 1;
    }
}

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
