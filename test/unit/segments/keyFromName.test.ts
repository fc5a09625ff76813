/** How a segment's name becomes its key: the way the portal seems to do it. */
import fc from 'fast-check';
import { checkSegmentKey, keyFromName } from '../../../nodes/shared/segments/key';

/** Names and keys that stand side by side in the vendor's public samples. */
test.each([
	['VIP', 'vip'],
	['Active', 'active'],
	['ChurnWithBalance_Test', 'churnWithBalanceTest'],
	['comicon_col_2022', 'comiconCol2022'],
	['potconvArg_', 'potconvArg'],
	['2VenTestConversion1txn', '2VenTestConversion1Txn'],
])('recorded: %j has the key %j', (name, key) => {
	expect(keyFromName(name)).toBe(key);
});

test.each([
	['VIP Customers', 'vipCustomers'],
	['win-back', 'winBack'],
	['Win-Back 2024', 'winBack2024'],
	['Bra cashback 5ft', 'braCashback5Ft'],
	['MyVIPClub', 'myVipClub'],
	['iOS users', 'iOsUsers'],
	['customer’s choice', 'customersChoice'],
	["Ada's (best) friends!", 'adasBestFriends'],
	['  padded   name ', 'paddedName'],
	['A B', 'aB'],
	['customers of the EU', 'customersOfTheEu'],
	['iPhone Owners', 'iPhoneOwners'],
	['Ａｄａ', 'ada'],
	['Gold & Silver', 'goldSilver'],
	['Club™ #1', 'club1'],
])('as lodash has it: %j becomes %j', (name, key) => {
	expect(keyFromName(name)).toBe(key);
});

test.each([
	['Straße', 'strasse'],
	['STRAẞE', 'strasse'],
	['Søren', 'soren'],
	['Łódź', 'lodz'],
	['Æsir', 'aesir'],
	['Œuvre', 'oeuvre'],
	['Đorđe', 'dorde'],
	['Þór', 'thor'],
	['Café Müller', 'cafeMuller'],
	['Kızılay', 'kizilay'],
	['Ħamrun', 'hamrun'],
])('no letter is lost: %j becomes %j', (name, key) => {
	expect(keyFromName(name)).toBe(key);
});

// A key without the letters that can't be written would be that of another name: 'VIP клиенты' is not 'VIP'.
test.each(['日本', 'VIP клиенты', 'Ωmega', '- _ -', '', '٣'])('no key is made of %j', (name) => {
	expect(keyFromName(name)).toBe('');
});

const anyName = fc.oneof(
	fc.string({ unit: 'grapheme' }),
	fc.string({ unit: fc.constantFrom(...'aB1_- ßøÉ’x') }),
);

test('a key has letters and digits only, can be sent, and is its own key', () => {
	fc.assert(
		fc.property(anyName, (name) => {
			const key = keyFromName(name);
			expect(key).toMatch(/^[A-Za-z0-9]*$/);
			expect(keyFromName(name)).toBe(key);
			expect(keyFromName(key)).toBe(key);
			if (key !== '') expect(checkSegmentKey(key)).toBeUndefined();
		}),
		{ numRuns: 2000 },
	);
});

test('of names in plain letters and digits, all of them are in the key, in their order', () => {
	fc.assert(
		fc.property(fc.stringMatching(/^[A-Za-z0-9 _-]{0,20}$/), (name) => {
			const kept = name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
			expect(keyFromName(name).toLowerCase()).toBe(kept);
		}),
	);
});
