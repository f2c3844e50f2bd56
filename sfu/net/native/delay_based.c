/* sfu/bandwidth/{delay_based,trendline,overuse}.py. */
#include <string.h>

#include "signals.h"

enum { MAX_WEIGHT = 60 };

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

void restart_delay(struct signals *self)
{
    memset(&self->trend, 0, sizeof(self->trend));
    memset(&self->overuse, 0, sizeof(self->overuse));
    self->overuse.threshold_ms = 12.5;
}

void update_delay(struct signals *self, const struct arrived_run *run)
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
