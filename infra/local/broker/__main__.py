"""Run the development broker: python -m infra.local.broker --port 8080 --config broker.json."""

import argparse
import asyncio
from pathlib import Path

import structlog
from pydantic import ValidationError

from infra.local.broker.config import BrokerConfig
from infra.local.broker.faults import Faults
from infra.local.broker.ingress import Broker, server
from shared.runtime.logging import configure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.local.broker", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True, help="subscribers and triggers, JSON")
    parser.add_argument("--faults", help="what goes wrong from the start, JSON")
    parser.add_argument("--log-level", default="info")
    options = parser.parse_args()
    configure(options.log_level)
    try:
        config = BrokerConfig.model_validate_json(options.config.read_bytes())
        if options.faults:
            faults = Faults.model_validate_json(options.faults)
            config = config.model_copy(update={"faults": faults})
    except (OSError, ValidationError) as exc:
        parser.error(str(exc))
    asyncio.run(run(config, options.port))


async def run(config: BrokerConfig, port: int) -> None:
    broker = Broker(config)
    structlog.get_logger().info("broker_starting", port=port, triggers=len(config.triggers))
    try:
        await server(broker, port).serve()
    finally:
        broker.close()


if __name__ == "__main__":
    main()
