// Loaded into a worker with NODE_OPTIONS=--import: ends it with kill -9 at its Nth transaction, after that was
// committed or aborted. The worker and kafkajs are as they are.
//
//   FAULT_POINT=after-abort | after-commit
//   FAULT_TRANSACTION=5
import { createRequire } from 'node:module';

const point = process.env.FAULT_POINT;
let left = Number(process.env.FAULT_TRANSACTION);

const Broker = createRequire(import.meta.url)('kafkajs/src/broker');
const { endTxn } = Broker.prototype;
Broker.prototype.endTxn = async function (question) {
  if (question.transactionResult) left -= 1;
  if (left > 0) return endTxn.call(this, question);
  await endTxn.call(this, { ...question, transactionResult: point === 'after-commit' });
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
};
