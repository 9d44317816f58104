// `/health/live` (the event loop turns) and `/health/ready` (200 when every indicator is up, else 503 with the reasons).
// Protects: from the beginning of a shutdown on `ready` is 503, so that nothing new is sent here. Leaves out: the indicators.

import { restErrorCodes, healthBody, errorBody, type HealthBody } from '@drave/contracts/rest';
import type { Platform } from '@drave/platform';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Res,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnModuleDestroy,
} from '@nestjs/common';
import { RestRoute } from '../http/rest-route.js';
import { checkHealth, type HealthIndicator, type HealthReport } from './health-indicator.js';

export interface HealthModuleOptions {
  readonly platform: Platform;
  /** Asked by `/health/ready`. */
  readonly ready: readonly HealthIndicator[];
}

const HEALTH_OPTIONS = Symbol('HEALTH_OPTIONS');

interface Reply {
  code(status: number): unknown;
}

@Injectable()
export class HealthService implements OnModuleDestroy, BeforeApplicationShutdown {
  readonly #options: HealthModuleOptions;
  #isStopping = false;

  constructor(@Inject(HEALTH_OPTIONS) options: HealthModuleOptions) {
    this.#options = options;
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
  }

  beforeApplicationShutdown(): void {
    this.#isStopping = true;
  }

  async ready(): Promise<HealthReport> {
    if (this.#isStopping) {
      return { isUp: false, states: { process: { status: 'down', reason: 'it is stopping' } } };
    }
    return checkHealth(this.#options.ready, this.#options.platform);
  }
}

@Controller('health')
class HealthController {
  readonly #health: HealthService;

  constructor(@Inject(HealthService) health: HealthService) {
    this.#health = health;
  }

  @Get('live')
  @RestRoute({ tag: 'Operation', summary: 'Whether the process lives', answer: healthBody })
  live(): HealthBody {
    return bodyOf({ isUp: true, states: { process: { status: 'up' } } });
  }

  @Get('ready')
  @RestRoute({
    tag: 'Operation',
    summary: 'Whether everything behind it works',
    answer: healthBody,
    otherAnswers: { 503: healthBody.and(errorBody) },
  })
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<HealthBody> {
    const report = await this.#health.ready();
    if (!report.isUp) reply.code(503);
    return bodyOf(report);
  }
}

function bodyOf({ isUp, states }: HealthReport): HealthBody {
  const entries = Object.entries(states);
  const down = entries.filter(([, state]) => state.status === 'down');
  const body: HealthBody = {
    status: isUp ? 'ok' : 'error',
    info: Object.fromEntries(entries.filter(([, state]) => state.status === 'up')),
    error: Object.fromEntries(down),
    details: { ...states },
  };
  if (isUp) return body;
  const reasons = down.map(
    ([name, { reason }]) => `${name}: ${typeof reason === 'string' ? reason : 'down'}`,
  );
  return { ...body, error_code: restErrorCodes.notReady, message: reasons.join('; ') };
}

@Module({})
export class HealthModule {
  static forRoot(options: HealthModuleOptions): DynamicModule {
    return {
      module: HealthModule,
      controllers: [HealthController],
      providers: [{ provide: HEALTH_OPTIONS, useValue: options }, HealthService],
      exports: [HealthService],
    };
  }
}
