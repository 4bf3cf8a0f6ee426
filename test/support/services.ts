/** The services that global-setup started; `undefined` where they cannot be had and their tests are skipped. */
export const kafkaBrokers = process.env.KAFKA_BROKERS?.split(',');
export const redisUrl = process.env.REDIS_URL;
