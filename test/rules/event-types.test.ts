import { expect, test } from 'vitest';
import {
  groupOf,
  isEventTypeName,
  isEventTypePattern,
  patternsMatching,
} from '../../src/rules/event-types.js';

test.each(['invoice.paid', 'checkout_session.completed', 'a.b.c', 'Order-2.v1', `a.${'b'.repeat(253)}`])(
  '%s names an event type',
  (text) => {
    expect(isEventTypeName(text)).toBe(true);
    expect(isEventTypePattern(text)).toBe(true);
  },
);

test.each([
  '',
  'invoice',
  '.paid',
  'invoice.',
  'a..b',
  'a b.c',
  'invoice.*',
  '*',
  'inv\u00f6ice.paid',
  'a.b\n',
  `a.${'b'.repeat(254)}`,
])('%j names no event type', (text) => {
  expect(isEventTypeName(text)).toBe(false);
});

test.each(['*', 'invoice.*', 'checkout_session.*'])('%s is a pattern', (text) => {
  expect(isEventTypePattern(text)).toBe(true);
});

test.each(['', '**', '*.paid', 'invoice*', 'invoice.p*', 'a.b.*', '.*', 'invoice.*\n'])(
  '%j is no pattern',
  (text) => {
    expect(isEventTypePattern(text)).toBe(false);
  },
);

test('the group is the part before the first dot', () => {
  expect(groupOf('contacts.note.added')).toBe('contacts');
});

test('an event type matches everything, its group and itself', () => {
  expect(patternsMatching('invoice.paid')).toEqual(['*', 'invoice.*', 'invoice.paid']);
});
