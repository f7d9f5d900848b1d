/** Stands in for job.ts where only a process's life matters: it says that it is there, then nothing, for as long as it is let live. */
process.on('message', (message: { type: string }) => {
  if (message.type === 'stop') process.send!({ type: 'error', error: { code: 'cancelled', message: 'Stopped as asked.', hint: '' }, stack: '' }, () => process.exit(1));
});
process.send!({ type: 'ready' });
