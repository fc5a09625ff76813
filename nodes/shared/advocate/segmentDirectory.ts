/**
 * The segments of one run: which of them the texts of items and files mean, and which are to be created. What people
 * write are names or keys; before anything is sent they become keys, or are refused.
 */
import { withoutPeriod } from '../inputValue';
import { expectSegmentInputError, listed, SegmentInputError, shownKey } from '../segments/change';
import { keyFromName, unmeantName } from '../segments/key';
import { expectSegment, foldedName, SegmentNames, shownSegment } from '../segments/names';
import type { KeyOf, NamedSegment, SegmentMatch, SegmentUse, WayToCreate } from '../segments/names';
import { AdvocateError, expectAdvocateError, isFatal, isRetryable } from './client/error';
import type { Transport } from './client/transport';
import { lacksField } from './graphql';
import {
	getSegment,
	listAllSegments,
	lookUpSegments,
	MAX_SEGMENT_LOOKUPS,
	upsertSegment,
} from './segments';
import type { Segment } from './segments';

/** What is more likely a key than a name. */
const LIKELY_KEY = /^[a-z0-9][A-Za-z0-9_-]*$/;

/** What can be a key at all, as far as keys have been seen. */
const POSSIBLE_KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** Most keys that are looked up where the list can't be had. */
const MAX_WITHOUT_LIST = 10 * MAX_SEGMENT_LOOKUPS;

/** Milliseconds for which a segment that was found missing is taken to be so still. */
const MISSING_FOR_MS = 5_000;

/** Segments that a message lists, and how much of each. */
const EXAMPLES = 5;
const EXAMPLE_LENGTH = 40;

/** Whether what is missing is created; otherwise, how the user could have it created, if at all. */
export type CreateMissing = boolean | 'option' | 'never';

export class SegmentDirectory {
	/** Why the segments can't be read with this key or tenant. Texts are then taken for keys. */
	unreadable?: AdvocateError;

	/** Segments that the run creates, in a dry run would create: their names by their keys. */
	readonly planned = new Map<string, string>();

	/** Keys of the segments that this run created, in order. */
	readonly created: string[] = [];

	private readonly names = new SegmentNames();

	/** Whether all segments have been listed. */
	private isListed = false;

	/** When a look-up did not find a key. */
	private readonly missingAt = new Map<string, number>();

	/** Segments that could be created. */
	private readonly proposed = new SegmentNames();

	/** See `keyOf`. They hold until more is read. */
	private readonly keyReaders = new Map<CreateMissing, KeyOf>();

	/** Keys that exist, or are being created. */
	private readonly ensured = new Map<string, Promise<void>>();

	constructor(private readonly transport: Transport) {}

	/**
	 * Read what the texts mean: few likely keys by a look-up, anything else by the list.
	 * @param texts names or keys
	 * @param mayBeNames whether there are texts besides that could be names and are looked for later
	 * @throws AdvocateError when the segments can't be read at the moment
	 */
	async read(texts: Iterable<string>, mayBeNames = false): Promise<void> {
		this.keyReaders.clear();
		let open = this.openOf(texts);
		if (this.unreadable !== undefined || (open.length === 0 && (!mayBeNames || this.isListed)))
			return;
		try {
			const isFew = open.length > 0 && open.length <= MAX_SEGMENT_LOOKUPS;
			if (!this.isListed && !mayBeNames && isFew && open.every((text) => LIKELY_KEY.test(text))) {
				await this.lookUp(open);
				open = this.openOf(open);
				if (open.length === 0) return;
			}
			const unlisted = this.isListed ? undefined : await this.list();
			// The list may show a new segment late, so what is not in it is asked about too.
			const isWorthAsking = unlisted === undefined ? LIKELY_KEY : POSSIBLE_KEY;
			const late = this.openOf(open).filter(
				(text) => isWorthAsking.test(text) && !this.missingAt.has(text),
			);
			const most = unlisted === undefined ? MAX_SEGMENT_LOOKUPS : MAX_WITHOUT_LIST;
			for (let from = 0; late.length <= most && from < late.length; from += MAX_SEGMENT_LOOKUPS) {
				await this.lookUp(late.slice(from, from + MAX_SEGMENT_LOOKUPS));
			}
			// What is left may be a name.
			if (unlisted !== undefined && this.openOf(open).length > 0) throw unlisted;
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (!isNotToBeHad(error)) throw error;
			this.unreadable = error;
		}
	}

	/** The same segments as far as nothing of them is known, for what sends nothing: as if this key could not read them. */
	without(error: AdvocateError): SegmentDirectory {
		const other = new SegmentDirectory(this.transport);
		other.unreadable = error;
		return other;
	}

	/** Whether the names of all segments are known. */
	get isComplete(): boolean {
		return this.isListed;
	}

	/** All segments that have this name, without regard to case, of those that were listed. */
	called(name: string): readonly NamedSegment[] {
		return this.names.called(name);
	}

	/** All segments whose key this text is, without regard to case, of those that were listed. */
	keyedLike(text: string): readonly NamedSegment[] {
		return this.names.keyedLike(text);
	}

	/** The segment with this key, if it is among those that have been read. */
	withKey(key: string): NamedSegment | undefined {
		return this.names.withKey(key);
	}

	/** What is called what, as far as it has been read, for a look at what writes would make of it. */
	copyOfNames(): SegmentNames {
		return this.names.copy();
	}

	/** Take in a segment as it is after a write. */
	learn(segment: Segment): void {
		this.names.replace(segment);
	}

	/** Whether a text is the key or name of a segment. */
	has(text: string): boolean {
		const match = this.names.find(text, false);
		return 'segment' in match || 'ambiguous' in match;
	}

	/** Whether a text that has been read is the key of a segment that can be used for anything. */
	isKey(text: string): boolean {
		if (this.unreadable !== undefined) return POSSIBLE_KEY.test(text);
		const segment = this.names.withKey(text);
		return segment !== undefined && segment.status !== 'ARCHIVED';
	}

	/** The segment that a text may have been meant for, as a text for messages. */
	similarTo(text: string): string | undefined {
		const match = this.names.find(text);
		if ('ambiguous' in match) return listed(match.ambiguous);
		const similar = 'segment' in match ? match.segment : match.nearest;
		return similar === undefined ? undefined : shownSegment(similar);
	}

	/**
	 * How texts that have been read become keys.
	 * @param createMissing of what is added to; `false` stands for a field that is off
	 */
	keyOf(createMissing: CreateMissing): KeyOf {
		let reader = this.keyReaders.get(createMissing);
		if (reader === undefined) {
			reader = this.newKeyReader(createMissing);
			this.keyReaders.set(createMissing, reader);
		}
		return reader;
	}

	/**
	 * The key of the segment that has this name.
	 * @throws SegmentInputError when none or several have it, AdvocateError when the segments can't be read with this key
	 */
	keyOfName(name: string): string {
		if (this.unreadable !== undefined) throw this.unreadable;
		return expectSegment(name, this.names.findName(name), 'find').key;
	}

	private newKeyReader(createMissing: CreateMissing): KeyOf {
		// A file has the same few texts again and again, and so have items.
		const known = new Map<string, string | SegmentInputError>();
		return (text, use) => {
			const memo = `${use} ${text}`;
			let key = known.get(memo);
			if (key === undefined) {
				try {
					key = this.resolve(text, use, createMissing);
				} catch (error) {
					key = expectSegmentInputError(error);
				}
				known.set(memo, key);
			}
			if (typeof key !== 'string') throw key;
			return key;
		};
	}

	/** What the user should know about how the texts were understood, as a sentence without a period. */
	get note(): string | undefined {
		return this.unreadable === undefined
			? undefined
			: `The segments could not be looked up (${withoutPeriod(this.unreadable.message)}), so what was given was taken for segment keys as it stands`;
	}

	/**
	 * Decide to create those of the keys that do not exist. How many a run may create is limited: a segment can't be
	 * deleted, and a typing mistake or a wrong column must not make hundreds of them.
	 * @param keys what is added to
	 * @param max most segments of the whole run
	 * @returns the keys of those to create, without what was decided on before
	 * @throws SegmentInputError when they are too many
	 */
	plan(keys: Iterable<string>, max: number): string[] {
		const wanted = new Set<string>();
		for (const key of keys) {
			if (this.proposed.withKey(key) !== undefined && !this.planned.has(key)) wanted.add(key);
		}
		if (this.planned.size + wanted.size > max) {
			const count = `More than ${max} ${max === 1 ? 'segment' : 'segments'}`;
			const examples = [...wanted].slice(0, EXAMPLES).map((key) => {
				const name = this.proposedName(key);
				return shownKey(name.length > EXAMPLE_LENGTH ? `${name.slice(0, EXAMPLE_LENGTH)}…` : name);
			});
			throw new SegmentInputError(
				`${count} would be created in this run, for example ${examples.join(', ')}`,
				"Nothing was sent. Check how the segments are spelled, since a segment can't be deleted. To create them all, raise 'Max New Segments'",
			);
		}
		for (const key of wanted) this.planned.set(key, this.proposedName(key));
		return [...wanted];
	}

	/**
	 * Create the segment if it does not exist. Concurrent callers share the answer.
	 * @throws AdvocateError
	 */
	async ensure(key: string): Promise<void> {
		if (this.unreadable !== undefined || this.names.withKey(key) !== undefined) return;
		let check = this.ensured.get(key);
		if (check === undefined) {
			check = this.createIfMissing(key);
			this.ensured.set(key, check);
			// A rejection holds for the whole run; after a failure that may pass, the next caller asks again.
			check.catch((error: unknown) => {
				const holds = error instanceof AdvocateError && !isRetryable(error);
				if (!holds) this.ensured.delete(key);
			});
		}
		await check;
	}

	private async createIfMissing(key: string): Promise<void> {
		const name = this.planned.get(key) ?? key;
		// Somebody may have created it in the meantime: creating it again would change its name.
		const age = this.transport.now() - (this.missingAt.get(key) ?? -Infinity);
		const existing = age > MISSING_FOR_MS ? await getSegment(this.transport, key) : undefined;
		if (existing === undefined) {
			this.names.add(await upsertSegment(this.transport, { key, name }));
			this.created.push(key);
		} else if (name === key || isCalled(existing, name)) {
			this.names.add(existing);
		} else {
			const { message, hint } = keyIsTaken(name, key, existing);
			throw new AdvocateError(message, { kind: 'mismatch', hint });
		}
	}

	private resolve(text: string, use: SegmentUse, createMissing: CreateMissing): string {
		if (this.unreadable !== undefined) return keyAsItStands(text, this.unreadable);
		const match: SegmentMatch = this.names.find(text);
		const isMissing = !('segment' in match) && !('ambiguous' in match);
		if (isMissing && use === 'add' && createMissing === true) return this.propose(text);
		return expectSegment(text, match, use, use === 'add' ? wayOf(createMissing) : undefined).key;
	}

	private proposedName(key: string): string {
		return this.proposed.withKey(key)?.name ?? key;
	}

	/** The key of a segment that can be created under this name. */
	private propose(text: string): string {
		if (this.proposed.withKey(text) !== undefined) return text;
		// In other capitals it would be found by this name, once it exists.
		const [same] = this.proposed.called(text);
		if (same !== undefined) return same.key;
		const unmeant = unmeantName(text);
		if (unmeant !== undefined) {
			throw new SegmentInputError(
				`There is no segment ${shownKey(text)}, and none is created under a name like this, ${unmeant}`,
				"Nothing was sent for it. Correct the name where it comes from. Nothing that 'Create Missing Segments' creates can be deleted",
			);
		}
		const key = keyFromName(text);
		if (key === '') {
			throw new SegmentInputError(
				`No key can be made of the segment name ${shownKey(text)}: it needs letters from A to Z or digits, and nothing may be lost`,
				"Create the segment with a key of your own first (operation 'Create' of the resource 'Segment')",
			);
		}
		for (const names of [this.names, this.proposed]) assertTellsApart(text, key, names);
		this.proposed.add({ key, name: text, status: null });
		return key;
	}

	private openOf(texts: Iterable<string>): string[] {
		return [...new Set(texts)].filter((text) => !this.has(text));
	}

	/** @returns why there is no list, when keys can be looked up all the same: a tenant may allow smaller pages only */
	private async list(): Promise<AdvocateError | undefined> {
		try {
			for (const segment of await listAllSegments(this.transport)) this.names.add(segment);
			this.isListed = true;
			return undefined;
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (!isRefusal(error)) throw error;
			return error;
		}
	}

	private async lookUp(keys: readonly string[]): Promise<void> {
		let found: Segment[];
		try {
			found = await lookUpSegments(this.transport, keys);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (!isRefusal(error)) throw error;
			// One text that the API takes for no key can fail the whole document. The list says what there is.
			return;
		}
		const foundAt = this.transport.now();
		for (const segment of found) this.names.add(segment);
		for (const key of keys) {
			if (this.names.withKey(key) === undefined) this.missingAt.set(key, foundAt);
		}
	}
}

function wayOf(createMissing: CreateMissing): WayToCreate | undefined {
	if (createMissing === false) return 'field';
	return createMissing === 'option' ? 'option' : undefined;
}

/** Whether the API refused this request, and may take another. */
const isRefusal = (error: AdvocateError): boolean =>
	error.kind === 'api' && !isFatal(error) && !isRetryable(error) && !isNotToBeHad(error);

/** Whether an error says that this key or tenant has no look-up of segments. */
const isNotToBeHad = (error: AdvocateError): boolean =>
	(error.kind === 'api' && error.statusCode === 403) || lacksField(error, 'segment');

function keyAsItStands(text: string, { message }: AdvocateError): string {
	if (POSSIBLE_KEY.test(text)) return text;
	throw new SegmentInputError(
		`${shownKey(text)} can't be a segment key, and names can't be looked up with this key of the API (${withoutPeriod(message)})`,
		'Give the key of the segment, or use a credential that may read segments',
	);
}

const isCalled = ({ name }: { name: string | null }, text: string): boolean =>
	foldedName(name ?? '') === foldedName(text);

/** The way out of a key that can't be the new segment's. */
const OWN_KEY =
	"Use that segment, or create one with another key first (operation 'Create' of the resource 'Segment')";

/** @throws SegmentInputError when a new segment could be mistaken for another, or another for it */
function assertTellsApart(text: string, key: string, names: SegmentNames): void {
	const withKey = names.withKey(key);
	if (withKey !== undefined) throw keyIsTaken(text, key, withKey);
	const [called] = names.called(key);
	if (called !== undefined) {
		throw new SegmentInputError(
			`There is no segment ${shownKey(text)}, and a new one would get the key ${shownKey(key)}, which is the name of ${shownSegment(called)}`,
			OWN_KEY,
		);
	}
	const [keyed] = names.keyedLike(text);
	if (keyed === undefined) return;
	throw new SegmentInputError(
		`There is no segment ${shownKey(text)}, and a new one would have as its name the key of ${shownSegment(keyed)}`,
		'Use that segment, or give the new one another name',
	);
}

const keyIsTaken = (text: string, key: string, existing: NamedSegment): SegmentInputError =>
	new SegmentInputError(
		`There is no segment ${shownKey(text)}, and a new one would get the key ${shownKey(key)}, which belongs to ${shownSegment(existing)}`,
		OWN_KEY,
	);
