// Loaded into a worker with NODE_OPTIONS=--import: ends it with kill -9 at its Nth transaction, after that was
// committed or aborted. The worker and kafkajs are as they are.
//
//   FAULT_POINT=after-abort | after-commit
//   FAULT_TRANSACTION=5
import kafkajs from 'kafkajs';

const point = process.env.FAULT_POINT;
let left = Number(process.env.FAULT_TRANSACTION);

const { producer: openProducer } = kafkajs.Kafka.prototype;
kafkajs.Kafka.prototype.producer = function (options) {
  const producer = openProducer.call(this, options);
  return {
    ...producer,
    async transaction() {
      const transaction = await producer.transaction();
      return {
        ...transaction,
        async commit() {
          left -= 1;
          if (left > 0) return transaction.commit();
          if (point === 'after-abort') await transaction.abort();
          if (point === 'after-commit') await transaction.commit();
          process.kill(process.pid, 'SIGKILL');
          return new Promise(() => {});
        },
      };
    },
  };
};
