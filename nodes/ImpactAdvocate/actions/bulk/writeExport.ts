/** Writes the file of one export, by the engine that was chosen or by the one that is left. */
import type { IBinaryData } from 'n8n-workflow';
import { executionEndsAt } from '../../../shared/n8n/port';
import { firstEngine, jobWaitMs } from '../../export/chooseEngine';
import type { ExportEngine } from '../../export/chooseEngine';
import { CsvExport } from '../../export/exportCsv';
import type { ExportFile, ExportSettings } from '../../export/exportFile';
import { JobExport } from '../../export/jobExport';
import type { Run } from '../operation';
import { streamedFile } from './streamedFile';

export interface ExportRequest extends ExportSettings {
	fileName: string;
	field: string;
	engine: ExportEngine;
	maxJobMinutes: number;
}

interface WrittenExport {
	csv: ExportFile;
	file: IBinaryData;
	engine: Exclude<ExportEngine, 'auto'>;
	notes: string[];
}

/** @throws JobObjection when a job was asked for that can't do it, AdvocateError */
export async function writeExport(run: Run, request: ExportRequest): Promise<WrittenExport> {
	const engine = await firstEngine(run.transport, request.engine, request.filter);
	if (engine === 'pages') return await byPages(run, request, []);
	const job = new JobExport(run.transport, {
		...request,
		waitMs: jobWaitMs(run.transport.now(), request.maxJobMinutes, executionEndsAt(run.n8n)),
		takesOtherCount: request.engine === 'job',
	});
	try {
		const file = await streamedFile(run, job.pieces(), request.fileName);
		return { csv: job, file, engine, notes: job.notes() };
	} catch (caught) {
		const { objection } = job;
		if (objection === undefined || request.engine === 'job') throw failureOf(caught, objection);
		return await byPages(run, request, [
			`Read page by page, as the export job can't be used: ${objection.reason}`,
		]);
	}
}

/** n8n's store may have its own words for a file that broke off. */
const failureOf = (caught: unknown, objection: unknown): unknown => objection ?? caught;

async function byPages(
	run: Run,
	request: ExportRequest,
	notes: readonly string[],
): Promise<WrittenExport> {
	const csv = new CsvExport(run.transport, request);
	const file = await streamedFile(run, csv.pieces(), request.fileName);
	return { csv, file, engine: 'pages', notes: [...notes, ...csv.notes()] };
}
