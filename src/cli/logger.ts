import { trace } from '@opentelemetry/api';
import { type DestinationStream, pino } from 'pino';
import type { Config } from '../config/schema.js';
import type { Logger } from '../contracts/logger.js';

/**
 * JSON lines on standard error: standard output is for results.
 *
 * @param destination another one than standard error
 */
export function createLogger(
  level: Config['log']['level'],
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      mixin: traceFields,
    },
    destination,
  );
}

/** Where the line was logged, by the names that OpenTelemetry gives them in logs that it does not write itself. */
function traceFields(): object {
  const span = trace.getActiveSpan();
  if (span === undefined || !span.isRecording()) return {};
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}

/**
 * An error with its causes, without what libraries hang on to theirs: ioredis keeps the command that failed, which may
 * be the one with the password.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, ...('code' in error && { code: error.code }), stack };
}
