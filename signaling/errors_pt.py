"""The words of every error code in Brazilian Portuguese: (what happened, what to do)."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "invalid_request": (
        "Não foi possível entender o pedido.",
        "Recarregue a página e tente de novo.",
    ),
    "message_not_json": ("A mensagem não é JSON.", "Envie um objeto JSON por mensagem."),
    "message_unknown_type": (
        "A mensagem é de um tipo que este servidor não conhece.",
        "Recarregue a página para obter a versão atual.",
    ),
    "message_invalid": (
        "A mensagem tem campos ausentes ou errados.",
        "Recarregue a página para obter a versão atual.",
    ),
    "body_too_large": ("O pedido é grande demais.", "Envie menos dados de uma vez."),
    "not_found": ("Não há nada neste endereço.", "Confira o endereço."),
    "method_not_allowed": (
        "Este endereço não aceita esse tipo de pedido.",
        "Confira o método na documentação da API.",
    ),
    "name_required": ("É preciso um nome para entrar.", "Digite seu nome e tente de novo."),
    "name_too_long": ("O nome é longo demais.", "Use no máximo 100 caracteres."),
    "duration_out_of_range": (
        "A duração está fora do permitido.",
        "Escolha entre 1 minuto e 24 horas.",
    ),
    "not_authenticated": ("Você não está conectado à sua conta.", "Entre e tente de novo."),
    "bad_credentials": (
        "E-mail ou senha incorretos.",
        "Confira os dois e tente de novo, ou peça uma nova senha.",
    ),
    "too_many_attempts": (
        "Tentativas de acesso demais.",
        "Espere alguns minutos e tente de novo.",
    ),
    "forbidden": (
        "Você não tem permissão para fazer isso.",
        "Entre com a conta responsável ou fale com o anfitrião.",
    ),
    "cross_site_request": (
        "O pedido veio de outro site.",
        "Abra a página da Roda e tente por ela.",
    ),
    "email_taken": ("Já existe uma conta com este e-mail.", "Entre, ou use outro e-mail."),
    "weak_password": ("A senha é curta ou longa demais.", "Use de 8 a 200 caracteres."),
    "too_many_requests": (
        "Pedidos demais a partir deste endereço.",
        "Espere um minuto e tente de novo.",
    ),
    "reference_not_found": (
        "O paciente ou terapeuta indicado não existe.",
        "Escolha uma pessoa cadastrada.",
    ),
    "session_not_found": (
        "Esta sessão não existe.",
        "Confira se o link está completo ou peça um novo ao anfitrião.",
    ),
    "session_ended": (
        "Esta sessão foi encerrada.",
        "Se ainda precisar conversar, peça um novo link ao anfitrião.",
    ),
    "session_expired": (
        "O tempo desta sessão acabou e o link expirou.",
        "Peça um novo link ao anfitrião.",
    ),
    "session_full": (
        "Esta sessão está cheia.",
        "Espere alguém sair ou peça ao anfitrião uma sessão maior.",
    ),
    "session_locked": (
        "O anfitrião trancou esta sessão.",
        "Peça ao anfitrião para destrancar e tente de novo.",
    ),
    "too_many_sessions": (
        "Você tem sessões ativas demais.",
        "Encerre uma delas e inicie outra.",
    ),
    "participant_barred": (
        "O anfitrião removeu você desta sessão e não é possível voltar.",
        "Fale com o anfitrião se achar que foi engano.",
    ),
    "participant_removed": (
        "O anfitrião removeu você desta sessão.",
        "Fale com o anfitrião ou abra o link de novo para pedir entrada.",
    ),
    "participant_not_found": (
        "Este participante não está nesta sessão.",
        "Talvez já tenha saído. Veja a lista de novo.",
    ),
    "declined": (
        "O anfitrião não permitiu sua entrada.",
        "Fale com o anfitrião e abra o link de novo.",
    ),
    "not_host": ("Só o anfitrião pode fazer isso.", "Peça ao anfitrião."),
    "not_joined": ("Você ainda não entrou na chamada.", "Entre primeiro."),
    "already_joined": ("Esta janela já entrou.", "Não é preciso fazer nada."),
    "connect_token_invalid": (
        "A chave desta sessão não é válida.",
        "Abra o link da sessão de novo.",
    ),
    "connect_token_expired": (
        "A chave desta sessão está vencida.",
        "Abra o link da sessão de novo.",
    ),
    "too_many_connections": (
        "Você está com esta sessão aberta em janelas demais.",
        "Feche uma das outras janelas e tente de novo.",
    ),
    "connection_replaced": (
        "Esta conexão foi assumida por outra janela.",
        "Use a outra janela ou recarregue esta.",
    ),
    "connection_lost": (
        "A conexão com o servidor foi perdida.",
        "Verifique sua internet e recarregue a página.",
    ),
    "join_timeout": (
        "A página abriu uma conexão, mas não entrou a tempo.",
        "Recarregue a página e tente de novo.",
    ),
    "too_slow": (
        "Sua conexão não acompanha as mensagens da sessão.",
        "Verifique sua internet e recarregue a página.",
    ),
    "sdp_invalid": (
        "A descrição de áudio e vídeo do seu navegador não pôde ser lida.",
        "Recarregue a página; se continuar, use Chrome, Firefox ou Safari atualizado.",
    ),
    "sdp_unsupported": (
        "Seu navegador não oferece um formato de áudio ou vídeo que este servidor repassa.",
        "Use uma versão atual do Chrome, Firefox, Edge ou Safari.",
    ),
    "offer_superseded": (
        "Uma negociação mais nova já começou.",
        "Não é preciso fazer nada; a página segue com a mais nova.",
    ),
    "track_unknown": ("Esta faixa de áudio ou vídeo não existe.", "Recarregue a página."),
    "too_many_tracks": (
        "Faixas de áudio e vídeo demais.",
        "Pare de compartilhar algo e tente de novo.",
    ),
    "media_unreachable": (
        "O áudio e o vídeo não chegam ao servidor.",
        "Um firewall pode estar bloqueando: tente outra rede ou fale com a clínica sobre TURN.",
    ),
    "connection_closed": (
        "Esta conexão está encerrada.",
        "Recarregue a página para entrar de novo.",
    ),
    "server_draining": (
        "O servidor está prestes a parar e não aceita novas sessões.",
        "Tente de novo em um minuto.",
    ),
    "unsupported_media_type": (
        "O tipo do corpo da solicitação não é aceito neste endereço.",
        "Envie o tipo de conteúdo indicado na documentação.",
    ),
    "not_admitted": (
        "Você ainda não foi admitido nesta sessão.",
        "O anfitrião foi avisado de que você está esperando. Tente de novo quando for admitido.",
    ),
    "precondition_failed": (
        "A conexão foi reiniciada nesse meio-tempo.",
        "Envie a etiqueta (ETag) da resposta mais recente.",
    ),
    "precondition_required": (
        "A solicitação não diz a que estado da conexão se refere.",
        "Envie o cabeçalho If-Match com a etiqueta (ETag) da resposta mais recente.",
    ),
    "internal": (
        "Algo deu errado no servidor.",
        "Tente de novo; se continuar, informe ao suporte a hora em que aconteceu.",
    ),
    "identity_provider_unreachable": (
        "O serviço com que você entra não responde.",
        "Tente de novo em um minuto; se continuar, avise o suporte.",
    ),
}

# In the place of `session_ended`, where it is known whose doing it was.
END_WORDS: Mapping[str, tuple[str, str]] = {
    "host": (
        "O anfitrião encerrou esta sessão.",
        "Se ainda precisar conversar, peça um novo link ao anfitrião.",
    ),
    "operator": (
        "O operador deste servidor encerrou esta sessão.",
        "Se ainda precisar conversar, peça um novo link ao anfitrião.",
    ),
    "empty": (
        "Esta sessão foi fechada porque não havia mais ninguém nela.",
        "Se ainda precisar conversar, peça um novo link ao anfitrião.",
    ),
}
