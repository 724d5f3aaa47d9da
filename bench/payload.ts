const bytes = 1024;

/** The payload of every event, as JSON of exactly 1 KB: an invoice with a note that fills it up. */
export const payloadText = filled();

function filled(): string {
  const invoice = {
    id: 'in_1024',
    amount: 1999,
    currency: 'EUR',
    customer: { id: 'cus_77', name: 'Ada' },
    note: '',
  };
  const note = 'the quick brown fox jumps over the lazy dog; '.repeat(bytes);
  return JSON.stringify({ ...invoice, note: note.slice(0, bytes - JSON.stringify(invoice).length) });
}
