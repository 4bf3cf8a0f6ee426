import { AggregationTemporality, InstrumentType } from '@opentelemetry/sdk-metrics';

/**
 * Counters and histograms count from the start. Gauges tell what is: of those that count from the start the SDK goes on
 * telling the last value of a partition that was taken away, for as long as the process lives.
 */
export function temporalityOf(type: InstrumentType): AggregationTemporality {
  return type === InstrumentType.OBSERVABLE_GAUGE
    ? AggregationTemporality.DELTA
    : AggregationTemporality.CUMULATIVE;
}
