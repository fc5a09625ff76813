/** What of the details the API did not store. */
import fc from 'fast-check';
import { detailsNotStored } from '../../../nodes/ImpactAdvocate/writes/detailCheck';

const text = fc.string({ minLength: 1, maxLength: 8 });
const details = fc.record(
	{
		firstName: text,
		lastName: text,
		email: text,
		locale: text,
		referable: fc.boolean(),
		referredByCodes: fc.array(text, { minLength: 1, maxLength: 3 }),
		customFields: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), {
			minKeys: 1,
			maxKeys: 3,
		}),
	},
	{ requiredKeys: [] },
);

test('nothing, when the answer has it all, whatever else it has', () => {
	fc.assert(
		fc.property(details, details, (sent, others) => {
			const answered = {
				...others,
				...sent,
				referredByCodes: [...(others.referredByCodes ?? []), ...(sent.referredByCodes ?? [])],
				customFields: { ...others.customFields, ...sent.customFields },
			};
			expect(detailsNotStored(sent, answered)).toEqual([]);
		}),
	);
});

test('each custom field that differs, and only those', () => {
	fc.assert(
		fc.property(fc.dictionary(text, fc.integer(), { minKeys: 1 }), fc.nat(), (fields, pick) => {
			const names = Object.keys(fields);
			const lost = names[pick % names.length];
			const answered = { ...fields, [lost]: fields[lost] + 1 };
			expect(detailsNotStored({ customFields: fields }, { customFields: answered })).toEqual([
				`custom field ${lost}`,
			]);
		}),
	);
});

test('a field that was to be removed and is still there', () => {
	const sent = { customFields: { old: null } };
	expect(detailsNotStored(sent, { customFields: { old: 1 } })).toEqual(['custom field old']);
	expect(detailsNotStored(sent, { customFields: {} })).toEqual([]);
	expect(detailsNotStored(sent, { customFields: null })).toEqual([]);
});

test('nothing that was not sent, or that the answer does not have', () => {
	expect(detailsNotStored(undefined, { firstName: 'Ann' })).toEqual([]);
	expect(detailsNotStored({}, { firstName: 'Ann' })).toEqual([]);
	expect(detailsNotStored({ firstName: 'Ann', cookies: 'x' }, {})).toEqual([]);
});

test('upper and lower case count in names, not in addresses and codes', () => {
	expect(detailsNotStored({ firstName: 'Ann' }, { firstName: 'ANN' })).toEqual(['first name']);
	expect(detailsNotStored({ email: 'A@x' }, { email: 'a@x' })).toEqual([]);
	expect(detailsNotStored({ referredByCodes: ['bob'] }, { referredByCodes: ['BOB'] })).toEqual([]);
});
