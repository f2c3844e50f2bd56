"""The words of every error code in Spanish: (what happened, what to do)."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "invalid_request": (
        "No se pudo entender la solicitud.",
        "Recargue la página e inténtelo de nuevo.",
    ),
    "message_not_json": ("El mensaje no es JSON.", "Envíe un objeto JSON por mensaje."),
    "message_unknown_type": (
        "El mensaje es de un tipo que este servidor no conoce.",
        "Recargue la página para obtener la versión actual.",
    ),
    "message_invalid": (
        "El mensaje tiene campos ausentes o erróneos.",
        "Recargue la página para obtener la versión actual.",
    ),
    "body_too_large": ("La solicitud es demasiado grande.", "Envíe menos datos de una vez."),
    "not_found": ("No hay nada en esta dirección.", "Compruebe la dirección."),
    "method_not_allowed": (
        "Esta dirección no acepta ese tipo de solicitud.",
        "Compruebe el método en la documentación de la API.",
    ),
    "name_required": (
        "Se necesita un nombre para entrar.",
        "Escriba su nombre e inténtelo de nuevo.",
    ),
    "name_too_long": ("El nombre es demasiado largo.", "Use como máximo 100 caracteres."),
    "duration_out_of_range": (
        "La duración está fuera de lo permitido.",
        "Elija entre 1 minuto y 24 horas.",
    ),
    "not_authenticated": ("No ha iniciado sesión.", "Inicie sesión e inténtelo de nuevo."),
    "bad_credentials": (
        "El correo o la contraseña no son correctos.",
        "Revise ambos e inténtelo de nuevo, o pida una contraseña nueva.",
    ),
    "too_many_attempts": (
        "Demasiados intentos de inicio de sesión.",
        "Espere unos minutos e inténtelo de nuevo.",
    ),
    "forbidden": (
        "No tiene permiso para hacer esto.",
        "Entre con la cuenta responsable o hable con el anfitrión.",
    ),
    "cross_site_request": (
        "La solicitud vino de otro sitio.",
        "Abra la página de Roda e inténtelo desde ella.",
    ),
    "email_taken": ("Ya existe una cuenta con este correo.", "Inicie sesión o use otro correo."),
    "weak_password": (
        "La contraseña es demasiado corta o demasiado larga.",
        "Use de 8 a 200 caracteres.",
    ),
    "too_many_requests": (
        "Demasiadas solicitudes desde esta dirección.",
        "Espere un minuto e inténtelo de nuevo.",
    ),
    "reference_not_found": (
        "El paciente o terapeuta indicado no existe.",
        "Elija una persona registrada.",
    ),
    "session_not_found": (
        "Esta sesión no existe.",
        "Compruebe que el enlace esté completo o pida uno nuevo al anfitrión.",
    ),
    "session_ended": (
        "Esta sesión ha terminado.",
        "Si aún necesita hablar, pida un enlace nuevo al anfitrión.",
    ),
    "session_expired": (
        "El tiempo de esta sesión terminó y el enlace ha caducado.",
        "Pida un enlace nuevo al anfitrión.",
    ),
    "session_full": (
        "Esta sesión está llena.",
        "Espere a que alguien salga o pida al anfitrión una sesión mayor.",
    ),
    "session_locked": (
        "El anfitrión ha bloqueado esta sesión.",
        "Pida al anfitrión que la desbloquee e inténtelo de nuevo.",
    ),
    "too_many_sessions": (
        "Tiene demasiadas sesiones activas.",
        "Termine una de ellas e inicie otra.",
    ),
    "participant_barred": (
        "El anfitrión le retiró de esta sesión y no puede volver.",
        "Hable con el anfitrión si cree que es un error.",
    ),
    "participant_removed": (
        "El anfitrión le retiró de esta sesión.",
        "Hable con el anfitrión o abra el enlace de nuevo para pedir entrada.",
    ),
    "participant_not_found": (
        "Ese participante no está en esta sesión.",
        "Quizá ya salió. Mire la lista de nuevo.",
    ),
    "declined": (
        "El anfitrión no le dejó entrar.",
        "Hable con el anfitrión y abra el enlace de nuevo.",
    ),
    "not_host": ("Solo el anfitrión puede hacer esto.", "Pídaselo al anfitrión."),
    "not_joined": ("Aún no ha entrado en la llamada.", "Entre primero."),
    "already_joined": ("Esta ventana ya entró.", "No hace falta hacer nada."),
    "connect_token_invalid": (
        "La llave de esta sesión no es válida.",
        "Abra de nuevo el enlace de la sesión.",
    ),
    "connect_token_expired": (
        "La llave de esta sesión ha caducado.",
        "Abra de nuevo el enlace de la sesión.",
    ),
    "too_many_connections": (
        "Tiene esta sesión abierta en demasiadas ventanas.",
        "Cierre otra ventana e inténtelo de nuevo.",
    ),
    "connection_replaced": (
        "Otra ventana tomó el lugar de esta conexión.",
        "Use la otra ventana o recargue esta.",
    ),
    "connection_lost": (
        "Se perdió la conexión con el servidor.",
        "Compruebe su internet y recargue la página.",
    ),
    "join_timeout": (
        "La página abrió una conexión pero no entró a tiempo.",
        "Recargue la página e inténtelo de nuevo.",
    ),
    "too_slow": (
        "Su conexión no sigue el ritmo de los mensajes de la sesión.",
        "Compruebe su internet y recargue la página.",
    ),
    "sdp_invalid": (
        "No se pudo leer la descripción de audio y vídeo de su navegador.",
        "Recargue la página; si se repite, use Chrome, Firefox o Safari actualizado.",
    ),
    "sdp_unsupported": (
        "Su navegador no ofrece un formato de audio o vídeo que este servidor reenvíe.",
        "Use una versión actual de Chrome, Firefox, Edge o Safari.",
    ),
    "offer_superseded": (
        "Ha empezado una negociación más nueva.",
        "No hace falta hacer nada; la página sigue con la más nueva.",
    ),
    "track_unknown": ("Esa pista de audio o vídeo no existe.", "Recargue la página."),
    "too_many_tracks": (
        "Demasiadas pistas de audio y vídeo.",
        "Deje de compartir algo e inténtelo de nuevo.",
    ),
    "media_unreachable": (
        "El audio y el vídeo no llegan al servidor.",
        "Un cortafuegos puede bloquearlos: pruebe otra red o pregunte a la clínica por TURN.",
    ),
    "connection_closed": (
        "Esta conexión está cerrada.",
        "Recargue la página para volver a entrar.",
    ),
    "server_draining": (
        "El servidor está a punto de parar y no acepta sesiones nuevas.",
        "Inténtelo de nuevo en un minuto.",
    ),
    "unsupported_media_type": (
        "Esta dirección no acepta ese tipo de contenido.",
        "Envíe el tipo de contenido que indica la documentación.",
    ),
    "not_admitted": (
        "Todavía no le han dejado entrar en esta sesión.",
        "Se ha avisado al anfitrión de que espera. Inténtelo de nuevo cuando le admitan.",
    ),
    "precondition_failed": (
        "La conexión se ha reiniciado entretanto.",
        "Envíe la etiqueta (ETag) de la respuesta más reciente.",
    ),
    "precondition_required": (
        "La solicitud no dice a qué estado de la conexión se refiere.",
        "Envíe la cabecera If-Match con la etiqueta (ETag) de la respuesta más reciente.",
    ),
    "internal": (
        "Algo falló en el servidor.",
        "Inténtelo de nuevo; si se repite, diga a soporte la hora en que ocurrió.",
    ),
    "identity_provider_unreachable": (
        "El servicio con el que inicia sesión no responde.",
        "Inténtelo de nuevo en un minuto; si continúa, avise a soporte.",
    ),
}

# In the place of `session_ended`, where it is known whose doing it was.
END_WORDS: Mapping[str, tuple[str, str]] = {
    "host": (
        "El anfitrión ha terminado esta sesión.",
        "Si aún necesita hablar, pida un enlace nuevo al anfitrión.",
    ),
    "operator": (
        "El operador de este servidor ha terminado esta sesión.",
        "Si aún necesita hablar, pida un enlace nuevo al anfitrión.",
    ),
    "empty": (
        "Esta sesión se cerró porque ya no quedaba nadie en ella.",
        "Si aún necesita hablar, pida un enlace nuevo al anfitrión.",
    ),
}
