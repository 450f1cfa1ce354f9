"""The JSON Schema of the configuration, for editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from aggregator.settings.documents import ChannelDocument, SettingsDocument

Schema = dict[str, Any]


def settings_schema(channel_options: Mapping[str, type[BaseModel]]) -> Schema:
    """Return the schema; each channel type has the options of its notifier (`channel_options`) and no other."""
    schema: Schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema |= SettingsDocument.model_json_schema()
    definitions = schema["$defs"]
    common = ChannelDocument.model_json_schema()
    variants = []
    for name, model in sorted(channel_options.items()):
        options = model.model_json_schema()
        definitions |= options.pop("$defs", {})
        properties = common["properties"] | {"type": {"const": name}} | options.get("properties", {})
        definitions[f"Channel_{name}"] = {
            "title": f"A {name} channel",
            "description": options.get("description", ""),
            "type": "object",
            "properties": properties,
            "required": ["type", *options.get("required", [])],
            "additionalProperties": False,
        }
        variants.append({"$ref": f"#/$defs/Channel_{name}"})
    definitions["ChannelDocument"] = {"oneOf": variants}
    return schema
