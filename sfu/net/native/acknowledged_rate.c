/* sfu/bandwidth/acknowledged_rate.py. */
#include "signals.h"

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

void update_rate(struct signals *self, double arrival, double bytes)
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
