#include "connector/config/schema.hpp"

namespace connector::config {

std::string_view config_schema() {
  return R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "itsm-connector configuration",
  "type": "object",
  "required": ["store", "connections", "routes"],
  "additionalProperties": false,
  "properties": {
    "store": {
      "description": "The SQLite file that remembers every link.",
      "oneOf": [
        {"type": "string", "minLength": 1},
        {
          "type": "object",
          "required": ["sqlite"],
          "additionalProperties": false,
          "properties": {"sqlite": {"type": "string", "minLength": 1}}
        }
      ]
    },
    "listen": {
      "description": "IP address and port of /healthz, /readyz and /metrics.",
      "type": "string",
      "default": "127.0.0.1:8080"
    },
    "hooks": {
      "description": "Where webhooks are taken, as POST /hooks/<connection>: 'listen' for the address of 'listen', or an address and port of their own. Absent: nowhere.",
      "type": "string"
    },
    "validate_every": {"description": "From one comparison of the maps with the real systems to the next; 0s: never.", "$ref": "#/$defs/span", "default": "6h"},
    "on_finding": {"$ref": "#/$defs/on_finding"},
    "log": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "level": {"anyOf": [{"enum": ["trace", "debug", "info", "warn", "error"]}, {"$ref": "#/$defs/reference"}], "default": "info"},
        "format": {"anyOf": [{"enum": ["text", "json"]}, {"$ref": "#/$defs/reference"}], "default": "text"}
      }
    },
    "http": {"$ref": "#/$defs/http"},
    "poll": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "every": {"description": "From one poll to the next.", "$ref": "#/$defs/span", "default": "60s"},
        "lookback": {"description": "How far back the very first poll goes.", "$ref": "#/$defs/span", "default": "1h"},
        "sweep": {"description": "Every linked pair is compared once in this time, whatever the polls saw; 0s: never.", "$ref": "#/$defs/span", "default": "1d"}
      }
    },
    "connections": {
      "description": "The systems to keep in step, by a name of your choice.",
      "type": "object",
      "propertyNames": {"$ref": "#/$defs/name"},
      "additionalProperties": {
        "type": "object",
        "required": ["system"],
        "properties": {
          "system": {"type": "string", "description": "Which system this is: defender, servicenow."},
          "poll_every": {"description": "In place of poll.every.", "$ref": "#/$defs/span"},
          "calls_per_minute": {"description": "How often this system may be called, in place of what its vendor documents.", "type": "integer", "minimum": 1, "maximum": 10000000},
          "horizon": {"description": "Longest time that a request may go on taking effect, in place of what the system is known for.", "$ref": "#/$defs/span"},
          "overlap": {"description": "How far each poll reaches back behind the one before, in place of what the system is known for.", "$ref": "#/$defs/span"},
          "http": {"$ref": "#/$defs/http"}
        }
      }
    },
    "routes": {
      "description": "Which incidents become which tickets.",
      "type": "array",
      "minItems": 1,
      "items": {
        "type": "object",
        "required": ["name", "from", "to", "mapping"],
        "additionalProperties": false,
        "properties": {
          "name": {"$ref": "#/$defs/name"},
          "from": {"description": "The connection that incidents come from.", "type": "string"},
          "to": {"description": "The connection that tickets go to.", "type": "string"},
          "mapping": {"description": "Path of the mapping file.", "type": "string", "minLength": 1},
          "validate_every": {"description": "In place of the file's.", "$ref": "#/$defs/span"},
          "on_finding": {"$ref": "#/$defs/on_finding"}
        }
      }
    }
  },
  "$defs": {
    "on_finding": {
      "description": "What to do while the comparison with the real systems finds this: go on, hold the rule, or hold the route.",
      "type": "object",
      "propertyNames": {"pattern": "^M1[0-9]{2}$"},
      "additionalProperties": {"enum": ["warn", "hold rule", "hold route"]}
    },
    "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"},
    "reference": {"description": "Looked up when the file is read.", "type": "string", "pattern": "\\$\\{(env|file):"},
    "secret": {"description": "A secret is looked up, never written here.", "type": "string", "pattern": "^\\$\\{(env|file):[^}]+\\}$"},
    "span": {"anyOf": [{"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$"}, {"$ref": "#/$defs/reference"}]},
    "http": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "ca_file": {"description": "PEM file of the authorities to trust instead of the machine's.", "type": "string"},
        "client_certificate": {"description": "PEM file; goes with client_key.", "type": "string"},
        "client_key": {"description": "PEM file; goes with client_certificate.", "type": "string"},
        "client_key_password": {"description": "For an encrypted key.", "$ref": "#/$defs/secret"},
        "proxy": {"description": "Address of an HTTP proxy.", "type": "string", "format": "uri"},
        "proxy_user": {"type": "string"},
        "proxy_password": {"$ref": "#/$defs/secret"},
        "no_proxy": {
          "description": "Hosts and domains reached without the proxy.",
          "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
        }
      },
      "dependentRequired": {
        "client_certificate": ["client_key"],
        "client_key": ["client_certificate"],
        "proxy_user": ["proxy_password"],
        "proxy_password": ["proxy_user"]
      }
    }
  }
}
)json";
}

}  // namespace connector::config
