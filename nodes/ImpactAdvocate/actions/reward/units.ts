/** Whether the tenant knows the units that credit is to be given in: a new one comes into being by a slip of the pen. */
import type { IExecuteFunctions } from 'n8n-workflow';
import type { Transport } from '../../../shared/advocate/client/transport';
import { listRewardConfigs, listRewards } from '../../../shared/advocate/rewards';
import { InputError } from '../../../shared/inputError';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { readLocator } from '../../../shared/n8n/parameters';
import { asText } from '../../../shared/n8n/parameterValues';

/** @throws ParameterError */
export function readUnit(context: IExecuteFunctions, itemIndex: number): string {
	const { value } = readLocator(context.getNodeParameter('unit', itemIndex) as unknown);
	const unit = asText(value, 'Unit');
	if (unit !== '') return unit;
	throw new ParameterError("'Unit' is empty", 'Choose a unit from the list, or enter its name');
}

/**
 * Look units up: those of configured rewards, and of rewards that were given.
 * @returns per unit, why it must not be used, if so
 * @throws AdvocateError when they can't be looked up
 */
export async function unknownUnits(
	transport: Transport,
	units: ReadonlySet<string>,
): Promise<Map<string, InputError>> {
	const problems = new Map<string, InputError>();
	if (units.size === 0) return problems;
	const known = new Set(
		(await listRewardConfigs(transport)).flatMap(({ unit }) => (unit === null ? [] : [unit])),
	);
	for (const unit of units) {
		if (known.has(unit)) continue;
		const given = await listRewards(transport, { unit }, 1);
		// An API that takes no notice of the filter must not make any unit a known one.
		if (given.some((reward) => reward.unit === unit)) continue;
		const similar = [...known].find((name) => name.toLowerCase() === unit.toLowerCase());
		problems.set(
			unit,
			new InputError(
				`'Unit' is '${unit}', which no reward of the tenant uses`,
				similar === undefined
					? `${listOf(known)}Choose one from the list, or add the option 'Allow New Unit'`
					: `There is '${similar}': upper and lower case matter`,
			),
		);
	}
	return problems;
}

const SHOWN = 10;

function listOf(known: ReadonlySet<string>): string {
	const names = [...known].sort();
	if (names.length === 0) return '';
	const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : '';
	return `Units in use: ${names.slice(0, SHOWN).join(', ')}${more}. `;
}
