import {
  type AuthenticationProviderArgs,
  type Authenticator,
  Kafka,
  logLevel,
  type RetryOptions,
  type SASLOptions,
} from 'kafkajs';
import type { Config, Sasl } from '../../config/schema.js';
import { systemClock } from '../../contracts/clock.js';
import type { Logger } from '../../contracts/logger.js';
import { accessTokens } from './access-tokens.js';
import { isTransient } from './errors.js';

export type KafkaConfig = Config['streams']['kafka'];

/** Requests are tried again for some 15 s, in which a broker restarts. */
const RETRY: RetryOptions = { initialRetryTime: 100, retries: 8, maxRetryTime: 5_000 };

/** The answer between two transactions of a producer, as kafkajs words it: nothing to warn of. */
const TRANSACTION_IS_ENDING =
  'The producer attempted to update a transaction while another concurrent operation on the same transaction was ongoing';

/** Every client of the program is made here, so each encrypts and logs in as the configuration says. */
export function createClient(config: KafkaConfig, logger: Logger, retry = RETRY): Kafka {
  const { enabled, ...tls } = config.tls;
  return new Kafka({
    ...(enabled && { ssl: tls }),
    ...(config.sasl !== undefined && { sasl: triedAgain(loginOf(config.sasl)) }),
    clientId: config.clientId,
    brokers: [...config.brokers],
    connectionTimeout: config.connectionTimeoutMs,
    retry,
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: { message, ...fields } }) => {
        const details = { client: 'kafkajs', ...detailsOf(fields) };
        // What kafkajs calls an error it mostly tries again; what it gives up comes as a rejection or a crash.
        const isWarning = level === logLevel.ERROR || level === logLevel.WARN;
        if (isWarning && fields.error !== TRANSACTION_IS_ENDING) logger.warn(details, message);
        else logger.debug(details, message);
      },
  });
}

/** A new object each time: kafkajs keeps things in it. */
function loginOf(sasl: Sasl): SASLOptions {
  switch (sasl.mechanism) {
    case 'OAUTHBEARER':
      return { mechanism: 'oauthbearer', oauthBearerProvider: accessTokens(sasl, systemClock) };
    case 'PLAIN':
      return { ...sasl, mechanism: 'plain' };
    case 'SCRAM-SHA-256':
      return { ...sasl, mechanism: 'scram-sha-256' };
    case 'SCRAM-SHA-512':
      return { ...sasl, mechanism: 'scram-sha-512' };
  }
}

type AuthenticationProvider = (args: AuthenticationProviderArgs) => Authenticator;

/**
 * kafkajs takes whatever ends a login for a refusal, which it does not try again; also a connection that a loaded broker
 * has closed meanwhile. So what has failed below the login is thrown in its place where it may pass: kafkajs puts its
 * own way of logging in into this object at the first connection.
 */
function triedAgain(login: SASLOptions): SASLOptions {
  let provider: AuthenticationProvider | undefined;
  return Object.defineProperty(login, 'authenticationProvider', {
    get: () => provider,
    set(builtIn: AuthenticationProvider) {
      provider = ({ saslAuthenticate, ...args }) => {
        let failure: unknown;
        const authenticator = builtIn({
          ...args,
          saslAuthenticate: (exchange) =>
            saslAuthenticate(exchange).catch((error: unknown) => {
              failure = error;
              throw error;
            }),
        });
        return {
          authenticate: () =>
            authenticator.authenticate().catch((refusal: unknown) => {
              throw isTransient(failure) ? failure : refusal;
            }),
        };
      };
    },
  });
}

/** Without stacks: kafkajs logs its own at every retry. */
function detailsOf({ stack, logger, timestamp, ...fields }: Record<string, unknown>): object {
  return fields;
}
