"""All kinds of providers: one line a provider."""

from collections.abc import Mapping

from voice_recorder.cloud import cloudinary, folder, s3
from voice_recorder.domain.ports import ProviderKind

KINDS: Mapping[str, ProviderKind] = {kind.name: kind for kind in (cloudinary.KIND, s3.KIND, folder.KIND)}
